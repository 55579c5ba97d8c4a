//! Whoever sits between an edge and its server: each attack is refused with its own code, and what was good is served on.

use promptsync_core::digest::Digest;
use promptsync_testing::lying::{ATTACKS, Attack, Double, KEY, document};
use serde_json::{Value, json};

use super::Edge;
use crate::Sandbox;

const PATH: &str = "/api/prompts/greeting/production";

fn attacked(attack: Attack, double: &Double) {
    let Attack { name, code, .. } = attack;
    let sandbox = Sandbox::new();
    let upstream = format!("http://{}", double.address);
    let edge = Edge::start(&sandbox, &upstream, KEY, "near", &["--alias", "production"]);
    edge.is_complete();
    let better = json!(Digest::of(document("better").as_bytes()));
    assert_eq!((&edge.get(PATH).1["digest"]), &better, "{name}");
    edge.until("/api/edge", |status| status["aliases"]["production"]["transport"] == "stream");

    // An honest server says so too when somebody has to read the snapshot again.
    let again = || double.world().send("resync", &json!({ "revision": 0 }));
    (attack.make)(&mut double.world());
    if let Some(then) = attack.then {
        edge.until("/api/edge", |status| {
            again();
            status["aliases"]["production"]["revision"].as_i64() > Some(2)
        });
        then(&mut double.world());
    }
    edge.until("/api/edge", |status| {
        if !attack.is_on_stream() {
            again();
        }
        let held = &status["aliases"]["production"];
        held["failure"] == code || held["refused"] == code
    });
    let (status, served) = edge.get(PATH);
    assert_eq!((status, &served["digest"], &served["content"]), (200, &better, &json!("better")), "{name}");
    if attack.is_for_ever() {
        return;
    }
    double.world().lies.clear();
    double.publish("greeting", "best");
    edge.until(PATH, |body: &Value| body["content"] == "best" && body["source"].is_null());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edge_refuses_every_attack_with_its_own_code_and_serves_on_what_was_good() {
    let mut count = 0;
    // A few at a time: each is a process.
    for some in ATTACKS.chunks(5) {
        let mut running = tokio::task::JoinSet::new();
        for attack in some.iter().copied() {
            let double = Double::start("good").await;
            double.publish("greeting", "better");
            double.world().streams = true;
            running.spawn_blocking(move || attacked(attack, &double));
        }
        while let Some(done) = running.join_next().await {
            done.expect("the attack is refused");
            count += 1;
        }
    }
    println!("{count} attacks refused by an edge, each with a code of its own");
}
