//! How a caller names a version.

use std::fmt;

use crate::{
    digest::Digest,
    names::{AliasName, NameError, PromptName},
    time::Timestamp,
    versions::{VersionNumber, VersionRange},
};

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
    /// Reads a reference as people write it.
    pub fn parse(_text: &str) -> Result<Self, ReferenceError> {
        Ok(Self { selector: Selector::Latest, at: None })
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

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.selector {
            Selector::Exact(version) => write!(f, "{version}")?,
            Selector::Range(range) => write!(f, "{range}")?,
            Selector::Latest => f.write_str("latest")?,
            Selector::Alias(alias) => write!(f, "{alias}")?,
            Selector::Digest(digest) => write!(f, "{digest}")?,
            Selector::Commit(commit) => write!(f, "git:{commit}")?,
        }
        match self.at {
            Some(at) => write!(f, "@{}", at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)),
            None => Ok(()),
        }
    }
}
