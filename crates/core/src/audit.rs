//! The audit log: a chain in which each entry's hash covers the one before.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{digest::Digest, time::Timestamp};

/// The workspace's change number: gap-free, the audit log's key, the cursor of every watcher. From 1.
pub type Revision = i64;

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// A person.
    User {
        /// Their id.
        id: String,
        /// What they are called.
        name: String,
    },
    /// An application, known by its API key.
    Service {
        /// The key's id.
        id: String,
        /// The key's name.
        name: String,
    },
    /// The server itself, or somebody with access to its data folder.
    System,
}

/// What an entry records, before it has its place in the chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AuditEntry {
    /// What was done: `prompt.publish`, `alias.move`, `key.create`, ….
    pub action: String,
    /// Who did it.
    pub actor: Actor,
    /// The project, when the action belongs to one.
    pub project: Option<String>,
    /// What it was done to: `alias:production`, `key:01J…`.
    pub target: String,
    /// Digest of the state before.
    pub before: Option<Digest>,
    /// Digest of the state after.
    pub after: Option<Digest>,
    /// Why, in the actor's words.
    pub reason: Option<String>,
    /// The request that asked for it.
    pub request_id: Option<String>,
    /// Facts of the action; never secrets or variable values.
    pub details: serde_json::Map<String, serde_json::Value>,
    /// When.
    pub at: Timestamp,
}

/// An entry in its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChainedEntry {
    /// Its number.
    pub revision: Revision,
    /// Hash of the entry before; of the empty text for the first.
    pub parent: Digest,
    /// Hash of this entry: see [`chain`].
    pub hash: Digest,
    /// What it records.
    pub entry: AuditEntry,
}

/// The parent of a workspace's first entry.
pub fn genesis() -> Digest {
    Digest::of(b"")
}

/// Gives an entry its place: the hash covers workspace, revision, parent hash and every field.
pub fn chain(workspace: &str, revision: Revision, parent: Digest, entry: AuditEntry) -> ChainedEntry {
    let mut value = serde_json::json!({
        "workspace": workspace, "revision": revision, "parent": parent, "entry": entry,
    });
    value.sort_all_objects();
    let hash = Digest::of(value.to_string().as_bytes());
    ChainedEntry { revision, parent, hash, entry }
}

/// The first entry whose place or hash is wrong, if any.
pub fn first_bad(workspace: &str, entries: &[ChainedEntry]) -> Option<Revision> {
    let mut parent = entries
        .first()
        .map_or_else(genesis, |first| if first.revision == 1 { genesis() } else { first.parent.clone() });
    let first = entries.first()?.revision;
    for (expected, found) in (first..).zip(entries) {
        let right = chain(workspace, expected, parent, found.entry.clone());
        if right != *found {
            return Some(found.revision);
        }
        parent = right.hash;
    }
    None
}
