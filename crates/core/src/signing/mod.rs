//! Signatures: what is signed, with which key, and who believes it.
//!
//! A workspace has one [`PrivateKey`] at a time. What it signs is a [`Statement`]: plain facts in canonical JSON behind a
//! head that names their kind, so that a signature of one kind can never pass for another. A [`Signed`] statement
//! carries its [`Signature`]. Keys are replaced: the old one signs the new one, and the [`KeyRing`] made of those links
//! is what a reader who knows one of the keys believes.
//!
//! `docs/reference/signatures.md` has the exact bytes.

mod chain;
mod deltas;
mod error;
mod keys;
mod rows;
mod statements;
mod verify;

pub use chain::{KeyLink, KeyRing, KeyStatement, Pin};
pub use deltas::{apply_delta, apply_kept_delta};
pub use error::SigningError;
pub use keys::{PrivateKey, PublicKey, PublicKeyError, Signature, SigningKeyId};
pub use rows::{BadRow, RowsVerdict, Wrong};
pub use statements::{
    LockStatement, SnapshotContent, SnapshotDelta, SnapshotEntry, SnapshotStatement, VersionRecord,
    VersionStatement, entries_digest,
};
pub use verify::{ExportedVersion, VersionSubject, verify_kept_snapshot, verify_snapshot, verify_version};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Facts that can be signed.
///
/// They serialise to a JSON object of strings, whole numbers, `null` and such objects. Other numbers have more than one
/// text, and lists of bytes have none that people can read: neither belongs here.
pub trait Statement: Serialize {
    /// What kind of facts these are; the head of what is signed.
    const KIND: &'static str;

    /// The workspace whose key signs.
    fn workspace(&self) -> &str;

    /// When the signature was made. A key that was replaced is not believed about anything later.
    fn signed_at(&self) -> Timestamp;
}

/// A statement and its signature. In JSON `{"statement": …, "key": …, "bytes": …}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Signed<T> {
    /// The facts.
    pub statement: T,
    /// The signature over [`message`] of them.
    #[serde(flatten)]
    pub signature: Signature,
}

/// What is signed: `promptsync/KIND/v1`, a line end, and the statement as JSON with sorted keys and no spaces.
pub fn message<S: Statement>(statement: &S) -> Vec<u8> {
    let mut value =
        serde_json::to_value(statement).expect("a statement holds only strings, whole numbers and maps");
    value.sort_all_objects();
    format!("promptsync/{}/v1\n{value}", S::KIND).into_bytes()
}

#[cfg(test)]
mod delta_tests;
#[cfg(test)]
mod tests;
