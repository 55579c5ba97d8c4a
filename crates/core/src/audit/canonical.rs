//! The bytes an entry is hashed as: JSON with sorted keys and no white space, written straight from its fields.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Actor, AuditEntry, Revision};
use crate::digest::Digest;

/// What the hash of an entry covers: `{"entry":{…},"parent":"sha256:…","revision":1,"workspace":"…"}`.
pub fn body(workspace: &str, revision: Revision, parent: &Digest, entry: &AuditEntry) -> Vec<u8> {
    let mut out = Vec::with_capacity(640);
    out.extend_from_slice(b"{\"entry\":");
    write_entry(&mut out, entry);
    out.extend_from_slice(b",\"parent\":\"");
    out.extend_from_slice(parent.as_str().as_bytes());
    out.extend_from_slice(b"\",\"revision\":");
    json(&mut out, &revision);
    out.extend_from_slice(b",\"workspace\":");
    json(&mut out, workspace);
    out.push(b'}');
    out
}

fn write_entry(out: &mut Vec<u8>, entry: &AuditEntry) {
    let AuditEntry {
        action,
        actor,
        address,
        on_behalf_of,
        project,
        target,
        before,
        after,
        reason,
        request_id,
        details,
        at,
    } = entry;
    field(out, b"{\"action\":", action);
    write_actor(out, b",\"actor\":", actor);
    if let Some(address) = address {
        field(out, b",\"address\":", address);
    }
    field(out, b",\"after\":", after);
    field(out, b",\"at\":", at);
    field(out, b",\"before\":", before);
    out.extend_from_slice(b",\"details\":");
    write_map(out, details);
    if let Some(actor) = on_behalf_of {
        write_actor(out, b",\"on_behalf_of\":", actor);
    }
    field(out, b",\"project\":", project);
    field(out, b",\"reason\":", reason);
    field(out, b",\"request_id\":", request_id);
    field(out, b",\"target\":", target);
    out.push(b'}');
}

fn write_actor(out: &mut Vec<u8>, field_name: &[u8], actor: &Actor) {
    out.extend_from_slice(field_name);
    match actor {
        Actor::User { id, name } => named(out, id, "user", name),
        Actor::Service { id, name } => named(out, id, "service", name),
        Actor::System => out.extend_from_slice(b"{\"kind\":\"system\"}"),
    }
}

fn named(out: &mut Vec<u8>, id: &str, kind: &str, name: &str) {
    field(out, b"{\"id\":", id);
    field(out, b",\"kind\":", kind);
    field(out, b",\"name\":", name);
    out.push(b'}');
}

fn field<T: Serialize + ?Sized>(out: &mut Vec<u8>, name: &[u8], value: &T) {
    out.extend_from_slice(name);
    json(out, value);
}

fn write_map(out: &mut Vec<u8>, map: &Map<String, Value>) {
    let mut sorted: Vec<_> = map.iter().collect();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    out.push(b'{');
    for (index, (name, value)) in sorted.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        json(out, name);
        out.push(b':');
        write_value(out, value);
    }
    out.push(b'}');
}

fn write_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Object(map) => write_map(out, map),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_value(out, item);
            }
            out.push(b']');
        }
        plain => json(out, plain),
    }
}

fn json<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    serde_json::to_writer(out, value)
        .expect("texts, numbers and moments have a JSON form, and memory can be written");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::Timestamp;

    /// The definition: the JSON of all parts, every object sorted.
    fn defined(workspace: &str, revision: Revision, parent: &Digest, entry: &AuditEntry) -> Vec<u8> {
        let mut value = serde_json::json!({
            "workspace": workspace, "revision": revision, "parent": parent, "entry": entry,
        });
        value.sort_all_objects();
        value.to_string().into_bytes()
    }

    fn value() -> impl Strategy<Value = Value> {
        let plain = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
        ];
        plain.prop_recursive(3, 24, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((".{0,6}", inner), 0..5)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    fn actor() -> impl Strategy<Value = Actor> {
        prop_oneof![
            Just(Actor::System),
            (".{0,8}", ".{0,8}").prop_map(|(id, name)| Actor::User { id, name }),
            (".{0,8}", ".{0,8}").prop_map(|(id, name)| Actor::Service { id, name }),
        ]
    }

    proptest! {
        #[test]
        fn the_bytes_are_those_of_sorted_json(
            (texts, options, actor) in (
                prop::array::uniform3(".{0,20}"), prop::array::uniform5(prop::option::of(".{0,20}")), actor(),
            ),
            on_behalf_of in prop::option::of(actor()),
            details in prop::collection::vec((".{0,6}", value()), 0..6),
            revision in any::<i64>(),
            micros in 0_i64..4_000_000_000_000_000,
        ) {
            let [action, target, workspace] = texts;
            let [project, reason, request_id, digest, address] = options;
            let digest = digest.map(|text| Digest::of(text.as_bytes()));
            let entry = AuditEntry {
                action, actor, address, on_behalf_of, project, target, before: digest.clone(), after: digest, reason, request_id,
                details: details.into_iter().collect(),
                at: Timestamp::from_timestamp_micros(micros).unwrap(),
            };
            let parent = super::super::genesis();
            prop_assert_eq!(
                String::from_utf8(body(&workspace, revision, &parent, &entry)).unwrap(),
                String::from_utf8(defined(&workspace, revision, &parent, &entry)).unwrap()
            );
        }
    }
}
