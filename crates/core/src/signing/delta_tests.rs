use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::*;
use crate::{
    digest::Digest,
    names::{AliasName, PromptName},
    versions::VersionNumber,
};

const WORKSPACE: &str = "01JWORKSPACE";

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_seed(&[seed; 32])
}

fn minute(minutes: i64) -> Timestamp {
    Timestamp::from_timestamp(1_790_000_000, 0).unwrap() + TimeDelta::minutes(minutes)
}

fn ring() -> KeyRing {
    let first = KeyLink::first(WORKSPACE, &key(1), minute(0));
    let second = first.next(&key(1), &key(2), minute(100));
    KeyRing::unpinned(&[first, second]).unwrap()
}

fn prompt(name: &str) -> PromptName {
    PromptName::parse(name).unwrap()
}

fn entry(version: u64) -> SnapshotEntry {
    let content = SnapshotContent { digest: Digest::of(&version.to_be_bytes()), includes: BTreeMap::new() };
    SnapshotEntry {
        version: VersionNumber::new(version, 0, 0),
        content,
        split: None,
        others: BTreeMap::new(),
    }
}

fn held() -> SnapshotStatement {
    SnapshotStatement {
        workspace: WORKSPACE.into(),
        project: "shop".into(),
        alias: AliasName::parse("production").unwrap(),
        revision: 40,
        issued_at: minute(110),
        expires_at: minute(120),
        entries: BTreeMap::from([(prompt("greeting"), entry(1)), (prompt("old"), entry(1))]),
    }
}

fn after() -> BTreeMap<PromptName, SnapshotEntry> {
    BTreeMap::from([(prompt("greeting"), entry(2)), (prompt("new"), entry(1))])
}

fn delta() -> SnapshotDelta {
    SnapshotDelta {
        workspace: WORKSPACE.into(),
        project: "shop".into(),
        alias: AliasName::parse("production").unwrap(),
        from: 40,
        revision: 43,
        issued_at: minute(112),
        expires_at: minute(122),
        changed: BTreeMap::from([
            (prompt("greeting"), Some(entry(2))),
            (prompt("new"), Some(entry(1))),
            (prompt("old"), None),
        ]),
        entries: entries_digest(&after()),
    }
}

#[test]
fn a_delta_leads_to_the_entries_it_was_signed_for() {
    let next = apply_delta(&held(), &ring(), &key(2).sign(delta()), minute(113)).unwrap();
    let expected = SnapshotStatement {
        revision: 43,
        issued_at: minute(112),
        expires_at: minute(122),
        entries: after(),
        ..held()
    };
    assert_eq!(next, expected);
    let again = apply_delta(&next, &ring(), &key(2).sign(delta()), minute(113)).unwrap();
    assert_eq!(again, expected, "what a stream repeats changes nothing");
}

#[test]
fn a_delta_that_does_not_fit_is_refused_with_its_code() {
    let signed = |delta: SnapshotDelta| key(2).sign(delta);
    let changed = signed(SnapshotDelta { revision: 44, ..delta() });
    let forged = Signed { statement: delta(), ..changed };
    let other_changes = BTreeMap::from([(prompt("greeting"), Some(entry(3)))]);
    for (attack, delta, now, code) in [
        ("another's signature", forged, 113, "signature_invalid"),
        ("a stranger", key(9).sign(delta()), 113, "signing_key_unknown"),
        ("a key that was replaced", key(1).sign(delta()), 113, "signing_key_replaced"),
        (
            "another workspace",
            signed(SnapshotDelta { workspace: "w".into(), ..delta() }),
            113,
            "signature_subject",
        ),
        (
            "another project",
            signed(SnapshotDelta { project: "other".into(), ..delta() }),
            113,
            "signature_subject",
        ),
        (
            "another alias",
            signed(SnapshotDelta { alias: AliasName::parse("dev").unwrap(), ..delta() }),
            113,
            "signature_subject",
        ),
        (
            "an earlier one",
            signed(SnapshotDelta { from: 30, revision: 39, ..delta() }),
            113,
            "snapshot_rolled_back",
        ),
        ("a later one", signed(SnapshotDelta { from: 41, ..delta() }), 113, "snapshot_gap"),
        (
            "other changes",
            signed(SnapshotDelta { changed: other_changes, ..delta() }),
            113,
            "snapshot_entries",
        ),
        ("one that ran out", signed(delta()), 122, "snapshot_expired"),
        ("one from the future", signed(delta()), 106, "snapshot_from_future"),
    ] {
        let refused = apply_delta(&held(), &ring(), &delta, minute(now)).map(|_| ());
        assert_eq!(refused.map_err(|error| error.code()), Err(code), "{attack}");
    }
}

#[test]
fn a_delta_that_was_kept_may_have_run_out() {
    assert!(apply_kept_delta(&held(), &ring(), &key(2).sign(delta())).is_ok());
}
