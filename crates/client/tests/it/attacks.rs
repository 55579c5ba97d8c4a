//! Whoever sits between the SDK and its server, or in its place: each attack is refused with its own code, and what was
//! good is served on.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use promptsync_core::{
    digest::Digest,
    signing::{KeyLink, Signed, SnapshotStatement},
};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    LONG,
    double::{Double, Lie, World, document, key, now, production, prompt},
    text,
};

/// What an attacker makes of a good server.
type Attack = fn(&mut World);

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
    world.keys = vec![KeyLink::first(crate::double::WORKSPACE, &key(9), now())];
    world.signer = key(9);
    world.lie("snapshot", &key(9).sign(next(world)));
}

fn replaced_key(world: &mut World) {
    // The key was taken out of use an hour ago; the SDK hears of it with the first snapshot of the new one.
    let next_key = world.keys[0].next(&key(1), &key(2), now() - TimeDelta::hours(1));
    world.keys.push(next_key);
    world.lie("snapshot", &key(2).sign(next(world)));
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

async fn attack(name: &'static str, attack: Attack, code: &'static str) {
    let double = Double::start("good").await;
    double.publish("greeting", "better");
    double.world().streams = name == "mix and match";
    let sdk = double.sdk().start().await.expect(name);
    sdk.wait_ready(LONG).await.expect(name);
    assert_eq!(text(&sdk.get("greeting", "production").await.expect(name)), "better", "{name}");
    if name == "mix and match" {
        let streams = |status: &promptsync_client::sdk::Status| {
            status.aliases[&production()].transport == promptsync_client::sdk::Transport::Stream
        };
        sdk.wait_until(LONG, streams).await.expect(name);
    }
    attack(&mut double.world());
    if name == "replaced key" {
        let newer =
            |status: &promptsync_client::sdk::Status| status.aliases[&production()].revision > Some(2);
        sdk.wait_until(LONG, newer).await.expect(name);
        let mut world = double.world();
        let late = world.signer.sign(SnapshotStatement { revision: 99, ..next(&world) });
        world.lie("snapshot", &late);
    }
    let refused = sdk
        .wait_until(LONG, |status| {
            let status = &status.aliases[&production()];
            status.failure.iter().chain(&status.refused).any(|failure| failure.code() == code)
        })
        .await;
    assert!(refused.is_some(), "{name}: expected {code}, got {:?}", sdk.status());
    let served = sdk.get("greeting", "production").await.expect(name);
    assert_eq!(
        (text(&served).as_str(), served.digest()),
        ("better", &Digest::of(document("better").as_bytes())),
        "{name}"
    );

    if matches!(name, "replaced key" | "a stranger's keys") {
        return;
    }
    double.world().lies.clear();
    double.publish("greeting", "best");
    let came = sdk.wait_until(LONG, |status| status.aliases[&production()].revision == Some(3)).await;
    assert!(came.is_some(), "{name}: {:?}", sdk.status());
    assert_eq!(text(&sdk.get("greeting", "production").await.expect(name)), "best", "{name}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_attack_is_refused_with_its_own_code_and_what_was_good_is_served_on() {
    let attacks: [(&'static str, Attack, &'static str); 13] = [
        ("arbitrary content", arbitrary, "signature_invalid"),
        ("rollback", rollback, "snapshot_rolled_back"),
        ("fast-forward", fast_forward, "snapshot_from_future"),
        ("freeze", freeze, "snapshot_expired"),
        ("mix and match", mix_and_match, "snapshot_entries"),
        ("endless data", endless, "answer_too_large"),
        ("slow retrieval", slow, "timeout"),
        ("wrong key", wrong_key, "signing_key_unknown"),
        ("a stranger's keys", stranger, "signing_key_not_pinned"),
        ("replaced key", replaced_key, "signing_key_replaced"),
        ("other subject", other_subject, "signature_subject"),
        ("swapped document", swapped_document, "digest_mismatch"),
        ("truncated snapshot", truncated, "unreadable"),
    ];
    let codes: std::collections::BTreeSet<&str> = attacks.iter().map(|(_, _, code)| *code).collect();
    assert_eq!(codes.len(), attacks.len());
    let mut running = JoinSet::new();
    for (name, make, code) in attacks {
        running.spawn(attack(name, make, code));
    }
    let mut count = 0;
    while let Some(done) = running.join_next().await {
        done.expect("the attack is refused");
        count += 1;
    }
    println!("{count} attacks refused, each with a code of its own");
}

#[tokio::test]
async fn a_pinned_key_keeps_a_stranger_s_server_out_from_the_beginning() {
    let double = Double::start("evil").await;
    let pinned = double.sdk().pin(key(7).public().to_string()).start().await.expect("it starts");
    let refused = pinned.get("greeting", "production").await.expect_err("nothing is believed");
    assert_eq!(refused.code(), "unavailable");
    let status = pinned.status();
    let failure = status.aliases[&production()].failure.as_ref().map(|failure| failure.code().to_owned());
    assert_eq!(failure.as_deref(), Some("signing_key_not_pinned"));
    let good = double.sdk().pin(key(1).public().to_string()).start().await.expect("it starts");
    assert_eq!(text(&good.get("greeting", "production").await.expect("it is believed")), "evil");
}

#[tokio::test]
async fn names_that_no_prompt_has_are_refused_without_asking() {
    let double = Double::start("good").await;
    let sdk = double.sdk().start().await.expect("it starts");
    sdk.wait_ready(LONG).await.expect("it is ready");
    let asked = double.world().asked.len();
    for (name, reference, code) in [
        ("../x", "production", "name"),
        ("greeting", "@@", "name"),
        ("nothing", "production", "prompt_not_found"),
    ] {
        let refused = sdk.get(name, reference).await.expect_err(name);
        assert_eq!(refused.code(), code, "{name} {reference}");
    }
    let prompts =
        double.world().asked[asked..].iter().filter(|(path, _)| path.contains("/api/prompts")).count();
    assert_eq!(prompts, 0);
    assert!(double.world().snapshot.entries.contains_key(&prompt("greeting")));
}
