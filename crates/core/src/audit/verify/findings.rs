//! What can be wrong with a log.

use std::fmt;

use super::Revision;

/// How a log was tampered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A line is not in the form it was written in.
    Malformed,
    /// An entry was changed.
    Changed,
    /// An entry was replaced by another, hash and all.
    Replaced,
    /// An entry was left out, or moved.
    Missing,
    /// An entry stands there twice, or was put in.
    Repeated,
    /// An entry is of another workspace.
    Foreign,
    /// Access records are not those the entry stands for.
    Access,
    /// A signature does not hold.
    Signature,
    /// The chain was computed anew: it is not the one that was signed.
    Rewritten,
    /// A checkpoint was left out or moved.
    Checkpoints,
    /// Entries at the end were cut off.
    Truncated,
    /// Another history was shown elsewhere.
    Fork,
    /// The log ends before what was seen elsewhere.
    RolledBack,
    /// The keys are not those of the workspace.
    Keys,
}

impl Class {
    /// A stable name, for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Changed => "changed",
            Self::Replaced => "replaced",
            Self::Missing => "missing",
            Self::Repeated => "repeated",
            Self::Foreign => "foreign",
            Self::Access => "access_records",
            Self::Signature => "signature",
            Self::Rewritten => "rewritten",
            Self::Checkpoints => "checkpoints",
            Self::Truncated => "truncated",
            Self::Fork => "fork",
            Self::RolledBack => "rolled_back",
            Self::Keys => "keys",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Malformed => "cannot be read",
            Self::Changed => "was changed",
            Self::Replaced => "was replaced",
            Self::Missing => "is missing",
            Self::Repeated => "was put in",
            Self::Foreign => "does not belong here",
            Self::Access => "does not have its access records",
            Self::Signature => "has a signature that does not hold",
            Self::Rewritten => "was rewritten together with the chain",
            Self::Checkpoints => "does not have its checkpoint",
            Self::Truncated => "was cut off",
            Self::Fork => "has another history elsewhere",
            Self::RolledBack => "is missing, and was seen elsewhere",
            Self::Keys => "cannot be judged: the keys are not believed",
        }
    }
}

/// The first thing that is wrong with a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How.
    pub class: Class,
    /// The entry where it shows; 0 is the header.
    pub revision: Revision,
    /// The first entry it may have begun at: earlier than `revision` only when a chain was computed anew, which hides
    /// everything between two signatures.
    pub since: Revision,
    /// Why that is known.
    pub reason: String,
}

impl Finding {
    pub(super) fn at(class: Class, revision: Revision, reason: String) -> Self {
        Self::between(class, revision, revision, reason)
    }

    pub(super) fn between(class: Class, since: Revision, revision: Revision, reason: String) -> Self {
        Self { class, revision, since, reason }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { class, revision, since, reason } = self;
        match (*revision, since == revision) {
            (0, _) => write!(f, "the head of the log {}: {reason}", class.words()),
            (_, true) => write!(f, "entry {revision} {}: {reason}", class.words()),
            _ => write!(
                f,
                "entry {revision}, or an earlier one since entry {since}, {}: {reason}",
                class.words()
            ),
        }
    }
}
