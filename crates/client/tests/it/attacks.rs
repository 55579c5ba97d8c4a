//! Whoever sits between the SDK and its server, or in its place: each attack is refused with its own code, and what was
//! good is served on.

use std::collections::BTreeSet;

use promptsync_client::sdk::{Status, Transport};
use promptsync_core::digest::Digest;
use promptsync_testing::lying::{ATTACKS, Attack};
use tokio::task::JoinSet;

use crate::{
    LONG,
    double::{Double, document, key, production, prompt},
    text,
};

async fn attack(attack: Attack) {
    let Attack { name, code, .. } = attack;
    let double = Double::start("good").await;
    double.publish("greeting", "better");
    double.world().streams = attack.is_on_stream();
    let sdk = double.sdk().start().await.expect(name);
    sdk.wait_ready(LONG).await.expect(name);
    assert_eq!(text(&sdk.get("greeting", "production").await.expect(name)), "better", "{name}");
    if attack.is_on_stream() {
        let streams = |status: &Status| status.aliases[&production()].transport == Transport::Stream;
        sdk.wait_until(LONG, streams).await.expect(name);
    }
    (attack.make)(&mut double.world());
    if let Some(then) = attack.then {
        let newer = |status: &Status| status.aliases[&production()].revision > Some(2);
        sdk.wait_until(LONG, newer).await.expect(name);
        then(&mut double.world());
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

    if attack.is_for_ever() {
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
    let codes: BTreeSet<&str> = ATTACKS.iter().map(|attack| attack.code).collect();
    assert_eq!(codes.len(), ATTACKS.len());
    let mut running = JoinSet::new();
    for one in ATTACKS {
        running.spawn(attack(one));
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
