//! Access records: who read, rendered or was refused what. Too many for an audit entry each, so they are counted in
//! memory, written in batches, and one entry of the audit log carries the Merkle root of each batch.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    audit::Actor,
    digest::Digest,
    merkle::{self, Hash},
    time::Timestamp,
};

/// The action of the audit entry that carries a batch's root.
pub const BATCH: &str = "access.batch";

/// The outcome of what was allowed and done; any other outcome is the error code of the refusal.
pub const OK: &str = "ok";

/// Accesses that were alike: same actor, action, target, outcome and address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessRecord {
    /// What was tried: `read`, `prompt.render`, `secret.read`, `login`, ….
    pub action: String,
    /// Who tried; none when nobody was known.
    pub actor: Option<Actor>,
    /// The address the requests came from.
    pub address: Option<String>,
    /// How many there were; at least 1.
    pub count: u64,
    /// The first.
    pub first_at: Timestamp,
    /// The last.
    pub last_at: Timestamp,
    /// `ok`, or the error code of the refusal.
    pub outcome: String,
    /// The project, when they were about one.
    pub project: Option<String>,
    /// The request of one of them.
    pub request_id: Option<String>,
    /// What they were about: `prompt:greeting@1.0.0#sha256:…`, `GET /api/keys`.
    pub target: String,
}

/// The bytes a record is hashed as: JSON with sorted keys and no white space.
pub fn canonical(record: &AccessRecord) -> Vec<u8> {
    let mut value = serde_json::to_value(record).unwrap_or_default();
    value.sort_all_objects();
    value.to_string().into_bytes()
}

/// The Merkle root of a batch, in its order.
pub fn root(records: &[AccessRecord]) -> Digest {
    let leaves: Vec<Hash> = records.iter().map(|record| merkle::leaf(&canonical(record))).collect();
    merkle::digest(&merkle::root(&leaves))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> AccessRecord {
        AccessRecord {
            action: "prompt.render".into(),
            actor: Some(Actor::Service { id: "k1".into(), name: "checkout".into() }),
            address: Some("10.0.0.1".into()),
            count: 3,
            first_at: Timestamp::from_timestamp_micros(1_790_000_000_123_456).unwrap(),
            last_at: Timestamp::from_timestamp_micros(1_790_000_001_000_000).unwrap(),
            outcome: OK.into(),
            project: Some("shop".into()),
            request_id: None,
            target: "prompt:greeting@1.0.0".into(),
        }
    }

    #[test]
    fn the_form_of_a_record_is_the_documented_one() {
        let expected = r#"{"action":"prompt.render","actor":{"id":"k1","kind":"service","name":"checkout"},"address":"10.0.0.1","count":3,"first_at":"2026-09-21T14:13:20.123456Z","last_at":"2026-09-21T14:13:21Z","outcome":"ok","project":"shop","request_id":null,"target":"prompt:greeting@1.0.0"}"#;
        assert_eq!(String::from_utf8(canonical(&record())).unwrap(), expected);
    }

    #[test]
    fn every_field_and_the_order_are_covered_by_the_root() {
        let changes: [fn(&mut AccessRecord); 10] = [
            |record| record.action.push('x'),
            |record| record.actor = None,
            |record| record.address = None,
            |record| record.count += 1,
            |record| record.first_at = record.last_at,
            |record| record.last_at = record.first_at,
            |record| record.outcome = "unauthenticated".into(),
            |record| record.project = None,
            |record| record.request_id = Some("r".into()),
            |record| record.target.push('x'),
        ];
        for (index, change) in changes.into_iter().enumerate() {
            let mut other = record();
            change(&mut other);
            assert_ne!(root(&[record(), other.clone()]), root(&[record(), record()]), "change {index}");
            assert_ne!(root(&[record(), other.clone()]), root(&[other, record()]), "change {index}");
        }
    }
}
