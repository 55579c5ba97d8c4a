//! Version numbers, bumps and ranges: semantic versioning 2.0.0.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

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
        let trimmed = value.trim();
        let bare = trimmed.strip_prefix(['v', 'V']).unwrap_or(trimmed);
        let is_partial = !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let text = if is_partial {
            format!("={bare}")
        } else {
            trimmed.split([' ', ',']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
        };
        semver::VersionReq::parse(&text)
            .map(Self)
            .map_err(|error| VersionError::new(value, "version range", error.to_string()))
    }

    /// Whether a version lies in the range. Pre-releases match only when the range names one.
    pub fn matches(&self, version: &VersionNumber) -> bool {
        self.0.matches(&version.0)
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
