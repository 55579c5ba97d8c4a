//! How a caller names a version.

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use crate::{
    digest::Digest,
    names::{AliasName, NameError, NameRule, PromptName},
    problem::Problem,
    time::Timestamp,
    versions::{VersionNumber, VersionRange},
};

/// The longest reference, in characters.
const MAX_REFERENCE: usize = 200;

/// A way to name a version, with an optional moment in the past.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// Which version.
    pub selector: Selector,
    /// As of when; now when absent. `production@2026-11-01T12:00Z`.
    pub at: Option<Timestamp>,
}

/// Which version is meant.
#[derive(Clone, Debug, PartialEq)]
pub enum Selector {
    /// `1.2.0` or `v1.2.0`.
    Exact(VersionNumber),
    /// `^1.2`, `1.x`, or `v1` for the newest 1.x.y.
    Range(VersionRange),
    /// `latest`: the newest version that is not a pre-release.
    Latest,
    /// `production`: where an alias points.
    Alias(AliasName),
    /// `sha256:…`: the version with this content.
    Digest(Digest),
    /// `git:abc123`: the version pushed from this commit (7 to 40 hexadecimal digits).
    Commit(String),
}

/// A text that names no version.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReferenceError {
    /// Longer than any reference can be.
    #[error("a version reference has at most 200 characters, this one has {length}")]
    TooLong {
        /// Its length in characters.
        length: usize,
    },
    /// A name that is neither a version nor an alias.
    #[error("{0}")]
    Name(NameError),
    /// Something that starts as a version or range and is none.
    #[error("{0}")]
    Version(crate::versions::VersionError),
    /// A digest that is none.
    #[error("{0}")]
    Digest(crate::digest::DigestError),
    /// `git:` without a commit.
    #[error("`{value}` is not a git commit: expected 7 to 40 hexadecimal digits")]
    Commit {
        /// The text after `git:`.
        value: String,
    },
    /// A moment that cannot be read.
    #[error("`{value}` is not a moment: expected RFC 3339 in UTC, for example 2026-11-01T12:00:00Z")]
    Moment {
        /// The text after `@`.
        value: String,
    },
}

/// A prompt and one of its versions: `customer_support@production`.
#[derive(Clone, Debug, PartialEq)]
pub struct PromptReference {
    /// The prompt.
    pub prompt: PromptName,
    /// Its version; `latest` when absent.
    pub reference: Option<Reference>,
}

impl Reference {
    /// Reads a reference as people write it: a selector, and after an `@` the moment it is asked for.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        // Bytes bound characters, so a text of megabytes is not even counted.
        if text.len() > MAX_REFERENCE {
            let length = text.chars().count();
            if length > MAX_REFERENCE {
                return Err(ReferenceError::TooLong { length });
            }
        }
        let (selector, moment) = match text.split_once('@') {
            Some((selector, moment)) => (selector, Some(moment)),
            None => (text, None),
        };
        Ok(Self { selector: Selector::parse(selector)?, at: moment.map(parse_moment).transpose()? })
    }
}

impl Selector {
    /// Reads a selector: a reference without a moment.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("latest") {
            return Ok(Self::Latest);
        }
        if text.starts_with("sha256:") {
            return Digest::parse(text).map(Self::Digest).map_err(ReferenceError::Digest);
        }
        if let Some(commit) = text.strip_prefix("git:") {
            return parse_commit(commit).map(Self::Commit);
        }
        match AliasName::parse(text) {
            Ok(alias) => Ok(Self::Alias(alias)),
            Err(error) if error.rule == NameRule::LooksLikeVersion || reads_as_range(text) => {
                parse_version(text)
            }
            Err(error) => Err(ReferenceError::Name(error)),
        }
    }
}

fn reads_as_range(text: &str) -> bool {
    let digits = text.strip_prefix(['v', 'V']).unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit() || "^~<>=*".contains(c))
}

fn parse_version(text: &str) -> Result<Selector, ReferenceError> {
    VersionNumber::parse(text).map(Selector::Exact).or_else(|not_exact| {
        VersionRange::parse(text).map(Selector::Range).map_err(|not_range| {
            let is_written_out =
                text.split('.').count() >= 3 && !text.contains(['^', '~', '<', '>', '=', ' ']);
            ReferenceError::Version(if is_written_out { not_exact } else { not_range })
        })
    })
}

fn parse_commit(text: &str) -> Result<String, ReferenceError> {
    if (7..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err(ReferenceError::Commit { value: text.to_owned() })
    }
}

/// RFC 3339; the seconds may be left out, and so may the whole time: then midnight UTC is meant.
fn parse_moment(text: &str) -> Result<Timestamp, ReferenceError> {
    let text = text.trim();
    let with_seconds = || DateTime::parse_from_rfc3339(text).ok();
    let without_seconds = || DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M%#z").ok();
    let date = || {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        Some(date.and_time(NaiveTime::MIN).and_utc().fixed_offset())
    };
    // Through microseconds, so that a leap second becomes the moment after it, as in the databases.
    with_seconds()
        .or_else(without_seconds)
        .or_else(date)
        .and_then(|moment| DateTime::<Utc>::from_timestamp_micros(moment.timestamp_micros()))
        .filter(|moment| (0..=9999).contains(&chrono::Datelike::year(moment)))
        .ok_or_else(|| ReferenceError::Moment { value: text.to_owned() })
}

impl ReferenceError {
    /// The stable code of the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } | Self::Digest(_) | Self::Moment { .. } => "reference",
            Self::Name(_) => "name",
            Self::Version(_) => "semver",
            Self::Commit { .. } => "bad_commit",
        }
    }
}

impl From<&ReferenceError> for Problem {
    fn from(error: &ReferenceError) -> Self {
        Problem::new(error.code(), error.to_string()).hint(
            "a version is named by its number (`1.2.0`, `v1`, `^1.2`), `latest`, an alias, `sha256:…` or `git:…`",
        )
    }
}

impl PromptReference {
    /// Reads `name` or `name@reference`.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let (name, rest) = text.split_once('@').map_or((text, None), |(name, rest)| (name, Some(rest)));
        let prompt = PromptName::parse(name).map_err(ReferenceError::Name)?;
        Ok(Self { prompt, reference: rest.map(Reference::parse).transpose()? })
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(version) => write!(f, "{version}"),
            Self::Range(range) => write!(f, "{range}"),
            Self::Latest => f.write_str("latest"),
            Self::Alias(alias) => write!(f, "{alias}"),
            Self::Digest(digest) => write!(f, "{digest}"),
            Self::Commit(commit) => write!(f, "git:{commit}"),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.selector)?;
        match self.at {
            Some(at) => write!(f, "@{}", at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for PromptReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reference {
            Some(reference) => write!(f, "{}@{reference}", self.prompt),
            None => write!(f, "{}", self.prompt),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Reference {
        Reference::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn each_form_is_read_as_what_it_says() {
        let digest = Digest::of(b"x");
        let cases = [
            ("1.2.0", Selector::Exact(VersionNumber::new(1, 2, 0))),
            ("v1.2.0", Selector::Exact(VersionNumber::new(1, 2, 0))),
            (" 1.2.0 ", Selector::Exact(VersionNumber::new(1, 2, 0))),
            ("latest", Selector::Latest),
            ("Latest", Selector::Latest),
            ("production", Selector::Alias(AliasName::parse("production").unwrap())),
            ("2fast", Selector::Alias(AliasName::parse("2fast").unwrap())),
            ("v", Selector::Alias(AliasName::parse("v").unwrap())),
            (digest.as_str(), Selector::Digest(digest.clone())),
            ("git:abc1234", Selector::Commit("abc1234".into())),
            ("git:ABC1234", Selector::Commit("abc1234".into())),
        ];
        for (text, selector) in cases {
            assert_eq!(parsed(text), Reference { selector, at: None }, "{text}");
        }
        let pre = parsed("v2.0.0-rc.1").selector;
        assert_eq!(pre, Selector::Exact(VersionNumber::parse("2.0.0-rc.1").unwrap()));
        for range in
            ["v1", "1", "1.2", "^1.2", "~1.2.3", ">=1 <2", ">= 1.0, < 2", "*", "1.x", "1.2.*", "=1.2"]
        {
            let expected = Selector::Range(VersionRange::parse(range).unwrap());
            assert_eq!(parsed(range).selector, expected, "{range}");
        }
    }

    #[test]
    fn a_moment_may_leave_out_seconds_or_the_time() {
        for (text, expected) in [
            ("production@2026-11-01T12:00:00Z", "production@2026-11-01T12:00:00Z"),
            ("production@2026-11-01T12:00Z", "production@2026-11-01T12:00:00Z"),
            ("production@2026-11-01T12:00+02:00", "production@2026-11-01T10:00:00Z"),
            ("production@2026-11-01T12:00:00.25Z", "production@2026-11-01T12:00:00.250Z"),
            ("v1.2.0@2026-11-01", "1.2.0@2026-11-01T00:00:00Z"),
            ("v1.2.0@2026-12-31T23:59:60Z", "1.2.0@2027-01-01T00:00:00Z"),
        ] {
            assert_eq!(parsed(text).to_string(), expected, "{text}");
        }
    }

    #[test]
    fn a_text_that_names_no_version_is_refused_with_its_code() {
        let long = "x".repeat(10_000);
        for (text, code) in [
            ("", "name"),
            ("../x", "name"),
            ("a b", "name"),
            ("1.0.0+build", "semver"),
            ("1.2.3/../..", "semver"),
            ("^x.y", "semver"),
            (">=1 <", "semver"),
            ("18446744073709551616.0.0", "semver"),
            ("sha256:abc", "reference"),
            ("git:abc", "bad_commit"),
            ("git:zzzzzzz", "bad_commit"),
            ("git:", "bad_commit"),
            ("production@", "reference"),
            ("production@yesterday", "reference"),
            ("production@2026-02-30", "reference"),
            ("production@2026-11-01T25:00Z", "reference"),
            ("@2026-11-01", "name"),
            (long.as_str(), "reference"),
        ] {
            assert_eq!(Reference::parse(text).expect_err(text).code(), code, "{text:.40}");
        }
    }

    #[test]
    fn a_prompt_reference_is_a_name_and_maybe_a_reference() {
        for text in ["a", "a@production", "a@1.2.0", "a@production@2026-11-01T12:00:00Z"] {
            assert_eq!(PromptReference::parse(text).unwrap().to_string(), text);
        }
        assert!(PromptReference::parse("@production").is_err());
        assert!(PromptReference::parse("a@").is_err());
    }

    fn version() -> impl Strategy<Value = String> {
        ("[0-9]{1,3}", "[0-9]{1,3}", "[0-9]{1,3}", prop::option::of("(rc|beta)\\.[1-9]")).prop_filter_map(
            "leading zeros",
            |(a, b, c, pre)| {
                let text = pre.map_or(format!("{a}.{b}.{c}"), |pre| format!("{a}.{b}.{c}-{pre}"));
                VersionNumber::parse(&text).is_ok().then_some(text)
            },
        )
    }

    fn selector() -> impl Strategy<Value = String> {
        prop_oneof![
            version(),
            version().prop_map(|v| format!("v{v}")),
            ("(\\^|~|>=|<|=|>|<=)", version()).prop_map(|(op, v)| format!("{op}{v}")),
            (version(), version()).prop_map(|(a, b)| format!(">={a} <{b}")),
            "v?[1-9][0-9]?(\\.[1-9])?",
            "[1-9]\\.x",
            Just("*".to_owned()),
            Just("latest".to_owned()),
            "[a-z][a-z0-9_-]{0,20}".prop_filter("device", |name| AliasName::parse(name).is_ok()),
            "[0-9a-f]{64}".prop_map(|d| format!("sha256:{d}")),
            "git:[0-9a-f]{7,40}",
        ]
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back_equal(
            selector in selector(),
            micros in prop::option::of(0_i64..4_000_000_000_000_000),
        ) {
            let at = micros.map(|m| DateTime::<Utc>::from_timestamp_micros(m).unwrap());
            let reference = Reference { selector: Selector::parse(&selector).unwrap(), at };
            prop_assert_eq!(Reference::parse(&reference.to_string()).unwrap(), reference);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}") {
            let _ = Reference::parse(&text);
        }
    }
}
