//! The last-good copy: what answering reads takes, kept where it can be had while PostgreSQL is down.
//!
//! A workspace is cut into parts: one with what belongs to all of it (projects, keys, roles, aliases), and one a prompt.
//! Each is sealed under the workspace's data key, as everything in the database is, and the first names the digest of
//! every other: a part that was altered, or taken from an older copy, is refused, and with it its prompt alone. Documents
//! stay sealed as they are.
//!
//! [`Copy::export`] reads the parts from the database, [`Copy::seal`] makes a [`Stored`] of them for a [`Shelf`], and
//! [`crate::Db::restored`] makes a database of what was stored, which the same functions read as the real one.

mod export;
mod restore;
mod seal;
mod shelf;
mod tables;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use promptsync_core::{audit::Revision, digest::Digest, ids::WorkspaceId, time::Timestamp};

use crate::data_keys::SealedKey;

pub use restore::Restored;
pub use shelf::Shelf;

/// A workspace as its rows, without documents.
#[derive(Debug)]
pub struct Copy {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The revision it was read at.
    pub revision: Revision,
    /// The keys that open it, sealed as they are.
    pub data_keys: Vec<SealedKey>,
    /// The documents its versions need.
    pub documents: BTreeSet<String>,
    /// Rows that belong to the whole workspace.
    base: Vec<u8>,
    /// Rows by prompt.
    prompts: BTreeMap<String, Vec<u8>>,
}

/// What was already stored of a workspace, so that only what changed is stored again.
#[derive(Debug, Default)]
pub struct Known {
    /// The revision.
    pub revision: Revision,
    data_keys: Vec<SealedKey>,
    /// By prompt: the digest of the rows, and that of the part they were sealed into.
    parts: BTreeMap<String, (Digest, Digest)>,
    documents: BTreeSet<String>,
}

/// A workspace in the form in which it is kept, or what changed about it.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The workspace's id.
    pub workspace: String,
    /// Whether nothing that was stored before counts any more.
    pub is_whole: bool,
    /// When it was certain that nothing newer existed.
    pub confirmed_at: Timestamp,
    /// The keys that open it, sealed under a master key.
    pub data_keys: Vec<SealedKey>,
    /// What belongs to the whole workspace, sealed.
    pub base: Vec<u8>,
    /// What belongs to each prompt, sealed.
    pub parts: BTreeMap<String, Vec<u8>>,
    /// Prompts that are no more.
    pub gone: Vec<String>,
    /// Documents by digest, sealed as in the database.
    pub documents: BTreeMap<String, Vec<u8>>,
}
