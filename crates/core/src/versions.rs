//! Version numbers, bumps and ranges: semantic versioning 2.0.0.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The longest text of a version or range, in bytes.
const MAX_TEXT: usize = 200;

/// A semantic version, `1.2.3` or `1.2.3-rc.1`. Read with or without a leading `v`, printed without.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct VersionNumber(semver::Version);

/// A text that is not a version or a range of versions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not a {what}: {reason}")]
pub struct VersionError {
    /// The text, cut after 80 characters.
    pub value: String,
    /// `version` or `version range`.
    pub what: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

/// How far a version moves; ordered from nothing to major.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Bump {
    /// The content is the same.
    None,
    /// Wording or metadata changed.
    Patch,
    /// Callers can do more.
    Minor,
    /// A call that worked may now fail or mean something else.
    Major,
}

impl Bump {
    /// The bump's name as it is written in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}

impl VersionNumber {
    /// `1.0.0`, a prompt's first version unless its file says otherwise.
    pub fn first() -> Self {
        Self(semver::Version::new(1, 0, 0))
    }

    /// A version without pre-release part.
    pub fn new(major: u64, minor: u64, patch: u64) -> Self {
        Self(semver::Version::new(major, minor, patch))
    }

    /// Reads `1.2.3` or `v1.2.3`.
    pub fn parse(value: &str) -> Result<Self, VersionError> {
        if value.len() > MAX_TEXT {
            let reason = format!("it is longer than {MAX_TEXT} characters");
            return Err(VersionError::new(value, "version", reason));
        }
        let digits = value.strip_prefix(['v', 'V']).unwrap_or(value);
        match semver::Version::parse(digits) {
            Ok(version) if version.build.is_empty() => Ok(Self(version)),
            Ok(_) => Err(VersionError::new(value, "version", "build metadata (`+…`) is not allowed".into())),
            Err(error) => Err(VersionError::new(value, "version", error.to_string())),
        }
    }

    /// The next version after a bump. A pre-release moves to its own release first, as in npm and Cargo.
    #[must_use]
    pub fn bumped(&self, bump: Bump) -> Self {
        let v = &self.0;
        let released = v.pre.is_empty();
        match bump {
            Bump::None => self.clone(),
            Bump::Patch if released => Self::new(v.major, v.minor, v.patch.saturating_add(1)),
            Bump::Minor if released || v.patch > 0 => Self::new(v.major, v.minor.saturating_add(1), 0),
            Bump::Major if released || v.minor > 0 || v.patch > 0 => {
                Self::new(v.major.saturating_add(1), 0, 0)
            }
            _ => Self::new(v.major, v.minor, v.patch),
        }
    }

    /// The bump that leads from `older` to this version.
    pub fn bump_since(&self, older: &Self) -> Bump {
        if self.0.major > older.0.major {
            Bump::Major
        } else if self.0.major < older.0.major {
            Bump::None
        } else if self.0.minor > older.0.minor {
            Bump::Minor
        } else if self.0.minor < older.0.minor {
            Bump::None
        } else if self.0 > older.0 {
            Bump::Patch
        } else {
            Bump::None
        }
    }

    /// Whether this is a pre-release such as `1.0.0-rc.1`.
    pub fn is_prerelease(&self) -> bool {
        !self.0.pre.is_empty()
    }

    /// The three numbers.
    pub fn parts(&self) -> (u64, u64, u64) {
        (self.0.major, self.0.minor, self.0.patch)
    }
}

impl fmt::Display for VersionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for VersionNumber {
    type Err = VersionError;

    fn from_str(value: &str) -> Result<Self, VersionError> {
        Self::parse(value)
    }
}

impl TryFrom<String> for VersionNumber {
    type Error = VersionError;

    fn try_from(value: String) -> Result<Self, VersionError> {
        Self::parse(&value)
    }
}

impl From<VersionNumber> for String {
    fn from(version: VersionNumber) -> Self {
        version.to_string()
    }
}

impl VersionError {
    fn new(value: &str, what: &'static str, reason: String) -> Self {
        Self { value: value.chars().take(80).collect(), what, reason }
    }
}

/// A set of versions: `^1.2`, `~1.2.3`, `>=1 <2`, `1.x`, `*`, `v1` (the newest 1.x.y).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VersionRange(semver::VersionReq);

impl VersionRange {
    /// Reads a range. Comparators may be separated by spaces or commas. A bare `1`, `v1` or `1.2` means the
    /// newest version that starts so.
    pub fn parse(value: &str) -> Result<Self, VersionError> {
        let fail = |reason: String| VersionError::new(value, "version range", reason);
        if value.len() > MAX_TEXT {
            return Err(fail(format!("it is longer than {MAX_TEXT} characters")));
        }
        if value.contains('+') {
            return Err(fail("build metadata (`+…`) is not allowed".into()));
        }
        semver::VersionReq::parse(&comparators(value).join(", "))
            .map(Self)
            .map_err(|error| fail(error.to_string()))
    }

    /// Whether a version lies in the range. Pre-releases match only when the range names one.
    pub fn matches(&self, version: &VersionNumber) -> bool {
        self.0.matches(&version.0)
    }
}

/// The comparators of a range, each in the form the semver crate reads: `>= v1` becomes `>=1`, a bare `1.2`
/// becomes `=1.2`.
fn comparators(range: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut operator = String::new();
    for word in range.split([' ', ',', '\t']).filter(|word| !word.is_empty()) {
        let number = word.trim_start_matches(['^', '~', '<', '>', '=']);
        operator.push_str(&word[..word.len() - number.len()]);
        if number.is_empty() {
            continue;
        }
        let bare = number.strip_prefix(['v', 'V']).unwrap_or(number);
        if operator.is_empty() && !bare.contains(['x', 'X', '*']) {
            operator.push('=');
        }
        found.push(std::mem::take(&mut operator) + bare);
    }
    if !operator.is_empty() {
        found.push(operator);
    }
    found
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn version(text: &str) -> VersionNumber {
        VersionNumber::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn a_version_is_printed_without_v() {
        for (text, printed) in [
            ("1.2.3", "1.2.3"),
            ("v1.2.3", "1.2.3"),
            ("V1.2.3-rc.1", "1.2.3-rc.1"),
            ("9007199254740993.0.0", "9007199254740993.0.0"),
        ] {
            assert_eq!(version(text).to_string(), printed);
        }
    }

    #[test]
    fn what_is_not_a_semantic_version_is_refused() {
        let long = format!("1.0.0-{}", "a".repeat(200));
        for bad in
            ["", "1.2", "v", "01.0.0", "1.2.3+build", "18446744073709551616.0.0", "1.2.3/../..", "é", &long]
        {
            assert!(VersionNumber::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_bump_moves_to_the_next_number() {
        use Bump::{Major, Minor, None, Patch};
        for (from, bump, to) in [
            ("1.2.3", None, "1.2.3"),
            ("1.2.3", Patch, "1.2.4"),
            ("1.2.3", Minor, "1.3.0"),
            ("1.2.3", Major, "2.0.0"),
            ("2.0.0-rc.1", Patch, "2.0.0"),
            ("2.0.0-rc.1", Major, "2.0.0"),
            ("1.5.1-rc.1", Patch, "1.5.1"),
            ("1.5.1-rc.1", Minor, "1.6.0"),
            ("1.5.0-rc.1", Minor, "1.5.0"),
            ("1.5.0-rc.1", Major, "2.0.0"),
        ] {
            assert_eq!(version(from).bumped(bump), version(to), "{from} {bump:?}");
        }
    }

    #[test]
    fn ranges_hold_the_versions_people_expect() {
        for (range, inside, outside) in [
            ("v1", "1.9.0", "2.0.0"),
            ("1", "1.0.0", "0.9.0"),
            ("1.2", "1.2.9", "1.3.0"),
            ("^1.2", "1.9.0", "1.1.0"),
            ("~1.2.3", "1.2.9", "1.3.0"),
            (">=1 <2", "1.9.9", "2.0.0"),
            (">= 1.0, < 2", "1.9.9", "2.0.0"),
            (">=v1.5", "2.0.0", "1.4.9"),
            ("1.x", "1.4.0", "2.0.0"),
            ("*", "7.0.0", "7.0.0-rc.1"),
            ("^1.2", "1.2.0", "1.3.0-rc.1"),
            (">=2.0.0-rc.1", "2.0.0-rc.2", "2.1.0-rc.1"),
        ] {
            let range = VersionRange::parse(range).unwrap_or_else(|error| panic!("{error}"));
            assert!(range.matches(&version(inside)), "{range} {inside}");
            assert!(!range.matches(&version(outside)), "{range} {outside}");
        }
        for bad in ["", "^", ">=", ">=1 <", "1.2.3+b", "1 || 2", "a.b", "1.2.3 - 2.0.0"] {
            assert!(VersionRange::parse(bad).is_err(), "{bad}");
        }
    }

    fn any_version() -> impl Strategy<Value = VersionNumber> {
        (0_u64..9, 0_u64..9, 0_u64..9, prop::option::of(1_u64..4)).prop_map(|(a, b, c, pre)| match pre {
            Some(pre) => version(&format!("{a}.{b}.{c}-rc.{pre}")),
            None => VersionNumber::new(a, b, c),
        })
    }

    proptest! {
        #[test]
        fn a_bumped_version_is_higher_and_says_at_least_its_bump(old in any_version()) {
            for bump in [Bump::Patch, Bump::Minor, Bump::Major] {
                let new = old.bumped(bump);
                prop_assert!(new > old);
                if !old.is_prerelease() {
                    prop_assert_eq!(new.bump_since(&old), bump);
                }
            }
        }

        #[test]
        fn a_version_is_read_back_equal(any in any_version()) {
            prop_assert_eq!(version(&any.to_string()), any.clone());
            prop_assert_eq!(any.bump_since(&any), Bump::None);
        }
    }
}
