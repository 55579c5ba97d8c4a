//! Why a signature is not believed.

use super::SigningKeyId;
use crate::{audit::Revision, digest::Digest, problem::Problem, time::Timestamp};

/// Why a signature, a key or what was signed is not believed. Each kind of attack has a code of its own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    /// There is no signature.
    #[error("it is not signed")]
    Missing,
    /// The key did not make this signature over these facts.
    #[error("the signature does not belong to this {kind}")]
    Invalid {
        /// The kind of statement.
        kind: &'static str,
    },
    /// The key is none of the workspace's.
    #[error("it is signed with the key {key}, which is none of the workspace's")]
    UnknownKey {
        /// The key.
        key: SigningKeyId,
    },
    /// The key had been replaced when it signed.
    #[error("it is signed with the key {key}, which was replaced at {at} already")]
    KeyReplaced {
        /// The key.
        key: SigningKeyId,
        /// When it was replaced.
        at: Timestamp,
    },
    /// What was signed is about something else.
    #[error("it is signed for the {field} `{found}` instead of `{expected}`")]
    OtherSubject {
        /// The field that differs.
        field: &'static str,
        /// What was asked for.
        expected: String,
        /// What was signed.
        found: String,
    },
    /// The content is not the one that was signed.
    #[error("the content has the digest {found} instead of {expected}")]
    OtherContent {
        /// The digest that was signed.
        expected: Digest,
        /// The digest of the content.
        found: Digest,
    },
    /// A link between two keys does not hold.
    #[error("the chain of signing keys breaks at key {sequence}")]
    ChainBroken {
        /// The key's place, from 1.
        sequence: i64,
    },
    /// The chain ends before a key that is known.
    #[error("the chain of signing keys ends at key {found}; key {known} is known")]
    ChainRolledBack {
        /// The place of the known key.
        known: i64,
        /// The place of the last one.
        found: i64,
    },
    /// The known key is not in the chain.
    #[error("the pinned key {pinned} is none of the workspace's; it signs with {newest}")]
    NotPinned {
        /// The key that is known.
        pinned: SigningKeyId,
        /// The workspace's key.
        newest: SigningKeyId,
    },
    /// The snapshot is too old to be used.
    #[error("the snapshot expired at {at}")]
    SnapshotExpired {
        /// When.
        at: Timestamp,
    },
    /// The snapshot was made later than now.
    #[error("the snapshot was made in the future, at {at}")]
    SnapshotFromFuture {
        /// When.
        at: Timestamp,
    },
    /// A later snapshot was seen already.
    #[error("the snapshot is of revision {found}; revision {known} was seen already")]
    SnapshotRolledBack {
        /// The revision that was seen.
        known: Revision,
        /// The snapshot's.
        found: Revision,
    },
    /// A delta starts after what is held: something in between is missing.
    #[error("the delta starts from revision {from}; only {held} is held")]
    DeltaGap {
        /// The revision it starts from.
        from: Revision,
        /// The revision that is held.
        held: Revision,
    },
    /// A delta does not lead to the entries it was signed for.
    #[error("the entries have the digest {found} instead of {expected}")]
    OtherEntries {
        /// The digest that was signed.
        expected: Digest,
        /// The digest of what came out.
        found: Digest,
    },
}

impl SigningError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "signature_missing",
            Self::Invalid { .. } => "signature_invalid",
            Self::UnknownKey { .. } => "signing_key_unknown",
            Self::KeyReplaced { .. } => "signing_key_replaced",
            Self::OtherSubject { .. } => "signature_subject",
            Self::OtherContent { .. } => "digest_mismatch",
            Self::ChainBroken { .. } => "signing_chain_broken",
            Self::ChainRolledBack { .. } => "signing_chain_rolled_back",
            Self::NotPinned { .. } => "signing_key_not_pinned",
            Self::SnapshotExpired { .. } => "snapshot_expired",
            Self::SnapshotFromFuture { .. } => "snapshot_from_future",
            Self::SnapshotRolledBack { .. } => "snapshot_rolled_back",
            Self::DeltaGap { .. } => "snapshot_gap",
            Self::OtherEntries { .. } => "snapshot_entries",
        }
    }

    pub(super) fn subject(
        field: &'static str,
        expected: &(impl ToString + ?Sized),
        found: &(impl ToString + ?Sized),
    ) -> Self {
        Self::OtherSubject { field, expected: expected.to_string(), found: found.to_string() }
    }
}

impl From<&SigningError> for Problem {
    fn from(error: &SigningError) -> Self {
        let problem = Self::new(error.code(), error.to_string());
        match error {
            SigningError::NotPinned { .. } => problem.hint(
                "if the workspace was made anew on purpose, pin its key again; otherwise do not use this server",
            ),
            SigningError::ChainRolledBack { .. } => {
                problem.hint("the server was restored from an old backup, or somebody answers in its place")
            }
            _ => problem,
        }
    }
}
