//! The attacks on whoever follows a server: each has a name and the code it is refused with.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use promptsync_core::{
    digest::Digest,
    signing::{KeyLink, Signed, SnapshotStatement},
};
use serde_json::json;

use super::{Lie, WORKSPACE, World, document, key, now};

/// What an attacker makes of a good server.
#[derive(Clone, Copy, Debug)]
pub struct Attack {
    /// What it is called.
    pub name: &'static str,
    /// What it is refused with; each has a code of its own.
    pub code: &'static str,
    /// What it makes of the server.
    pub make: fn(&mut World),
    /// What follows when the first step was taken over, which is honest then.
    pub then: Option<fn(&mut World)>,
}

impl Attack {
    const fn new(name: &'static str, code: &'static str, make: fn(&mut World)) -> Self {
        Self { name, code, make, then: None }
    }

    /// Whether the server is a stranger's or compromised from then on, and nothing makes it good again.
    pub fn is_for_ever(&self) -> bool {
        matches!(self.code, "signing_key_not_pinned" | "signing_key_replaced")
    }

    /// Whether it comes by a stream.
    pub fn is_on_stream(&self) -> bool {
        self.code == "snapshot_entries"
    }
}

/// Every attack.
pub const ATTACKS: [Attack; 13] = [
    Attack::new("arbitrary content", "signature_invalid", arbitrary),
    Attack::new("rollback", "snapshot_rolled_back", rollback),
    Attack::new("fast-forward", "snapshot_from_future", fast_forward),
    Attack::new("freeze", "snapshot_expired", freeze),
    Attack::new("mix and match", "snapshot_entries", mix_and_match),
    Attack::new("endless data", "answer_too_large", endless),
    Attack::new("slow retrieval", "timeout", slow),
    Attack::new("wrong key", "signing_key_unknown", wrong_key),
    Attack::new("a stranger's keys", "signing_key_not_pinned", stranger),
    Attack { then: Some(late), ..Attack::new("replaced key", "signing_key_replaced", replaced_key) },
    Attack::new("other subject", "signature_subject", other_subject),
    Attack::new("swapped document", "digest_mismatch", swapped_document),
    Attack::new("truncated snapshot", "unreadable", truncated),
];

/// The next snapshot, as the server would sign it after a change.
fn next(world: &World) -> SnapshotStatement {
    let mut next = world.snapshot.clone();
    next.revision += 10;
    next.issued_at = now();
    next.expires_at = now() + TimeDelta::hours(1);
    next
}

fn arbitrary(world: &mut World) {
    let good = world.signer.sign(next(world));
    let mut bad = next(world);
    for entry in bad.entries.values_mut() {
        entry.content.digest = Digest::of(b"anything");
    }
    world.lie("snapshot", &Signed { statement: bad, ..good });
}

fn rollback(world: &mut World) {
    let earlier = SnapshotStatement { revision: 0, ..next(world) };
    world.lie("snapshot", &world.signer.sign(earlier));
}

fn fast_forward(world: &mut World) {
    let (issued_at, expires_at) = (now() + TimeDelta::days(400), now() + TimeDelta::days(800));
    let far = SnapshotStatement { revision: i64::MAX, issued_at, expires_at, ..next(world) };
    world.lie("snapshot", &world.signer.sign(far));
}

fn freeze(world: &mut World) {
    let (issued_at, expires_at) = (now() - TimeDelta::days(2), now() - TimeDelta::days(1));
    let old = SnapshotStatement { issued_at, expires_at, ..next(world) };
    world.lie("snapshot", &world.signer.sign(old));
}

fn mix_and_match(world: &mut World) {
    // The signed end of one change with the entries of another.
    let statement = next(world);
    let mut changed = BTreeMap::new();
    for (name, entry) in &statement.entries {
        let mut entry = entry.clone();
        entry.content.digest = Digest::of(b"of another moment");
        changed.insert(name.clone(), Some(entry));
    }
    let from = world.snapshot.revision;
    let delta = world.signer.sign(world.delta(from, changed));
    world.send("change", &json!({ "delta": delta }));
    // Whoever sends this does not let the SDK ask somebody else.
    world.lies.insert("snapshot", Lie::Says(503, String::new()));
}

fn endless(world: &mut World) {
    world.lies.insert("snapshot", Lie::Endless);
}

fn slow(world: &mut World) {
    world.lies.insert("snapshot", Lie::Drips);
}

fn wrong_key(world: &mut World) {
    world.lie("snapshot", &key(9).sign(next(world)));
}

fn stranger(world: &mut World) {
    world.keys = vec![KeyLink::first(WORKSPACE, &key(9), now())];
    world.signer = key(9);
    world.lie("snapshot", &key(9).sign(next(world)));
}

fn replaced_key(world: &mut World) {
    // The key was taken out of use an hour ago; the SDK hears of it with the first snapshot of the new one.
    let next_key = world.keys[0].next(&key(1), &key(2), now() - TimeDelta::hours(1));
    world.keys.push(next_key);
    world.lie("snapshot", &key(2).sign(next(world)));
}

fn late(world: &mut World) {
    let late = world.signer.sign(SnapshotStatement { revision: 99, ..next(world) });
    world.lie("snapshot", &late);
}

fn other_subject(world: &mut World) {
    let other = SnapshotStatement { project: "other".into(), ..next(world) };
    world.lie("snapshot", &world.signer.sign(other));
}

fn swapped_document(world: &mut World) {
    let mut bad = next(world);
    let digest = Digest::of(document("Good").as_bytes());
    for entry in bad.entries.values_mut() {
        entry.content.digest = digest.clone();
    }
    world.lie("snapshot", &world.signer.sign(bad));
    world.lie("documents", &json!({ "documents": { digest.as_str(): document("Bad") } }));
}

fn truncated(world: &mut World) {
    let whole = json!(world.signer.sign(next(world))).to_string();
    world.lies.insert("snapshot", Lie::Says(200, whole[..whole.len() / 2].to_owned()));
}
