//! The audit log: a chain in which each entry's hash covers the one before.
//!
//! [`canonical`] has the bytes that are hashed, [`statements`] what is signed about a chain, [`lines`] how a log is
//! written into a file, and [`verify`] finds the first entry of a log that is not as it was written.

pub mod canonical;
pub mod lines;
pub mod statements;
pub mod verify;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{digest::Digest, time::Timestamp};

/// The workspace's change number: gap-free, the audit log's key, the cursor of every watcher. From 1.
pub type Revision = i64;

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
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
    /// The address the request came from. Left out of entries without one: they keep the hash they always had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// On whose behalf: who made the key, or the person whose session it was. Left out as the address is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<Actor>,
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

impl AuditEntry {
    /// What the system did by itself: on nobody's request, in no project, for no reason but the action.
    pub fn of_system(
        action: impl Into<String>,
        target: impl Into<String>,
        details: serde_json::Map<String, serde_json::Value>,
        at: Timestamp,
    ) -> Self {
        Self {
            action: action.into(),
            actor: Actor::System,
            address: None,
            on_behalf_of: None,
            project: None,
            target: target.into(),
            before: None,
            after: None,
            reason: None,
            request_id: None,
            details,
            at,
        }
    }
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
    let hash = Digest::of(&canonical::body(workspace, revision, &parent, &entry));
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn entry(reason: &str) -> AuditEntry {
        AuditEntry {
            action: "alias.move".into(),
            actor: Actor::User { id: "u1".into(), name: "Ann".into() },
            address: None,
            on_behalf_of: None,
            project: Some("acme".into()),
            target: "alias:production".into(),
            before: Some(Digest::of(b"before")),
            after: Some(Digest::of(b"after")),
            reason: Some(reason.into()),
            request_id: None,
            details: json!({"b": 1, "a": [true, null]}).as_object().cloned().unwrap_or_default(),
            at: Timestamp::from_timestamp_micros(1_790_000_000_123_456).unwrap(),
        }
    }

    fn log(workspace: &str, length: i64) -> Vec<ChainedEntry> {
        (1..=length).fold(Vec::new(), |mut entries: Vec<ChainedEntry>, revision| {
            let parent = entries.last().map_or_else(genesis, |last| last.hash.clone());
            entries.push(chain(workspace, revision, parent, entry(&format!("reason {revision}"))));
            entries
        })
    }

    #[test]
    fn an_untouched_log_is_right_as_a_whole_and_in_parts() {
        let entries = log("w1", 5);
        for part in [&entries[..], &entries[2..], &entries[..1], &[]] {
            assert_eq!(first_bad("w1", part), None);
        }
    }

    #[test]
    fn every_field_is_covered_by_the_hash() {
        let changes: [fn(&mut AuditEntry); 13] = [
            |entry| entry.action = "alias.create".into(),
            |entry| entry.actor = Actor::System,
            |entry| entry.actor = Actor::Service { id: "u1".into(), name: "Ann".into() },
            |entry| entry.address = Some("10.0.0.1".into()),
            |entry| entry.on_behalf_of = Some(Actor::System),
            |entry| entry.project = None,
            |entry| entry.target = "alias:dev".into(),
            |entry| entry.before = None,
            |entry| entry.after = entry.before.clone(),
            |entry| entry.reason = None,
            |entry| entry.request_id = Some("r1".into()),
            |entry| entry.details["b"] = json!(2),
            |entry| entry.at += chrono::TimeDelta::microseconds(1),
        ];
        for (index, change) in changes.into_iter().enumerate() {
            let mut entries = log("w1", 3);
            change(&mut entries[1].entry);
            assert_eq!(first_bad("w1", &entries), Some(2), "change {index}");
        }
    }

    #[test]
    fn an_entry_cannot_be_left_out_moved_or_taken_elsewhere() {
        let entries = log("w1", 4);
        let mut without = entries.clone();
        without.remove(1);
        assert_eq!(first_bad("w1", &without), Some(3));
        let mut swapped = entries.clone();
        swapped.swap(1, 2);
        assert_eq!(first_bad("w1", &swapped), Some(3));
        assert_eq!(first_bad("w2", &entries), Some(1));
        let mut first_gone = entries[1..].to_vec();
        first_gone[0].revision = 1;
        assert_eq!(first_bad("w1", &first_gone), Some(1));
    }

    #[test]
    fn a_rewritten_entry_is_found_at_the_next_one() {
        let mut entries = log("w1", 3);
        entries[1] = chain("w1", 2, entries[0].hash.clone(), entry("another reason"));
        assert_eq!(first_bad("w1", &entries), Some(3));
    }

    #[test]
    fn the_order_of_details_does_not_change_the_hash() {
        let mut other = entry("x");
        other.details = json!({"a": [true, null], "b": 1}).as_object().cloned().unwrap_or_default();
        assert_eq!(chain("w", 1, genesis(), entry("x")).hash, chain("w", 1, genesis(), other).hash);
    }

    #[test]
    fn the_hash_of_an_entry_is_the_published_one() {
        // Computed apart from this code (JSON with sorted keys and no white space). When this fails, the form of the hash changed and every old log with it.
        let hash = chain("w1", 1, genesis(), entry("x")).hash;
        assert_eq!(hash.as_str(), "sha256:329e44bcf0e4b092a3a76dc0427d55d2cdd0d012806d1348bf97cb76d043b2ca");
    }

    #[test]
    fn an_entry_with_its_origin_has_another_hash_than_without() {
        let whole = AuditEntry {
            address: Some("10.0.0.1".into()),
            on_behalf_of: Some(Actor::User { id: "u2".into(), name: "Eva".into() }),
            ..entry("x")
        };
        // Computed apart from this code, as the one above.
        let hash = chain("w1", 1, genesis(), whole).hash;
        assert_eq!(hash.as_str(), "sha256:0f2e2cb51e294e7ddd62d94d9ba060659d103be4569ae711bf40f9e3328c030d");
    }

    proptest! {
        #[test]
        fn one_changed_character_of_a_hash_is_found(at in 0_usize..5, position in 7_usize..71) {
            let mut entries = log("w1", 5);
            let mut text = entries[at].hash.as_str().to_owned();
            let other = if &text[position..=position] == "0" { "1" } else { "0" };
            text.replace_range(position..=position, other);
            entries[at].hash = Digest::parse(&text).unwrap();
            prop_assert_eq!(first_bad("w1", &entries), Some(entries[at].revision));
        }
    }
}
