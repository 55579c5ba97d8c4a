//! What was found of the versions, documents and locks that a registry keeps, when each was compared with what is
//! signed about it.

use std::fmt;

use super::SigningError;
use crate::digest::Digest;

/// The versions, documents and locks of a workspace, judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowsVerdict {
    /// The workspace.
    pub workspace: String,
    /// Documents that have their digest.
    pub documents: u64,
    /// Versions whose signature holds.
    pub versions: u64,
    /// Locks whose signature holds.
    pub locks: u64,
    /// The first that is not as it was signed.
    pub finding: Option<BadRow>,
}

/// A row that is not as it was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// Its project, when that can be told.
    pub project: Option<String>,
    /// Its prompt, when that can be told.
    pub prompt: Option<String>,
    /// Its version, when it is about one.
    pub version: Option<String>,
    /// What is wrong with it.
    pub wrong: Wrong,
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// It cannot be read, or what is sealed in it cannot be opened.
    #[error("{table} {row} cannot be read: {reason}")]
    Unreadable {
        /// The table.
        table: &'static str,
        /// The row's key.
        row: String,
        /// What the database says.
        reason: String,
    },
    /// It belongs to no prompt of its project, or to no version of its workspace.
    #[error("{table} {row} belongs to nothing that is there")]
    Astray {
        /// The table.
        table: &'static str,
        /// The row's key.
        row: String,
    },
    /// The content does not have its digest.
    #[error("the document {digest} was changed: its content has the digest {found}")]
    Document {
        /// The digest it is kept under.
        digest: Digest,
        /// The digest it has.
        found: Digest,
    },
    /// There is no document with the version's digest.
    #[error("the document {digest} is missing")]
    NoDocument {
        /// The digest.
        digest: Digest,
    },
    /// Bump, changelog, dependencies or origin are not those that were signed.
    #[error("bump, changelog, dependencies or origin are not those that were signed")]
    Record,
    /// The signature on the version does not hold.
    #[error("the version: {0}")]
    Version(#[source] SigningError),
    /// The signature on the lock does not hold.
    #[error("the lock: {0}")]
    Lock(#[source] SigningError),
    /// The audit log says it was locked, and there is no lock.
    #[error("its lock is gone")]
    Unlocked,
    /// The workspace's keys are not believed.
    #[error("no signature can be judged: {0}")]
    Keys(#[source] SigningError),
}

impl Wrong {
    /// A stable name, for programs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "unreadable",
            Self::Astray { .. } => "astray",
            Self::Document { .. } => "document",
            Self::NoDocument { .. } => "document_missing",
            Self::Record => "record",
            Self::Version(_) => "version",
            Self::Lock(_) => "lock",
            Self::Unlocked => "unlocked",
            Self::Keys(_) => "keys",
        }
    }
}

impl From<Wrong> for BadRow {
    fn from(wrong: Wrong) -> Self {
        Self { project: None, prompt: None, version: None, wrong }
    }
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { project, prompt, version, wrong } = self;
        for part in [prompt, version].into_iter().flatten() {
            write!(f, "{part} ")?;
        }
        if let Some(project) = project {
            write!(f, "of the project {project} ")?;
        }
        if prompt.is_some() {
            f.write_str("is not as it was signed: ")?;
        }
        write!(f, "{wrong}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_row_is_named_as_far_as_it_can_be() {
        let named = BadRow {
            project: Some("shop".into()),
            prompt: Some("greeting".into()),
            version: Some("1.0.0".into()),
            wrong: Wrong::Unlocked,
        };
        assert_eq!(
            named.to_string(),
            "greeting 1.0.0 of the project shop is not as it was signed: its lock is gone"
        );
        let nameless = BadRow::from(Wrong::Astray { table: "version_locks", row: "v1".into() });
        assert_eq!(nameless.to_string(), "version_locks v1 belongs to nothing that is there");
    }
}
