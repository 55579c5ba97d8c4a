//! Streams: what changes arrives at once, and a stream that breaks is opened again.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use promptsync_client::{
    PromptSync,
    sdk::{Status, Transport},
};
use serde_json::json;

use crate::{
    LONG,
    double::{Double, production, prompt},
    text,
};

fn streams(status: &Status) -> bool {
    status.aliases[&production()].transport == Transport::Stream
}

/// An SDK that would not ask by itself for an hour.
async fn streaming(double: &Double) -> PromptSync {
    double.world().streams = true;
    let sdk = double.sdk().poll_interval(Duration::from_hours(1)).start().await.expect("it starts");
    sdk.wait_ready(LONG).await.expect("it is ready");
    sdk.wait_until(LONG, streams).await.expect("it streams");
    sdk
}

async fn holds(sdk: &PromptSync, revision: i64) {
    let held = |status: &Status| status.aliases[&production()].revision == Some(revision);
    assert!(sdk.wait_until(LONG, held).await.is_some(), "{:?}", sdk.status());
}

#[tokio::test]
async fn a_change_arrives_and_says_what_changed() {
    let double = Double::start("good").await;
    let sdk = streaming(&double).await;
    let changes = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&changes);
    let (told, mut telling) = tokio::sync::mpsc::unbounded_channel();
    sdk.on_change(move |change| {
        heard
            .lock()
            .expect("no holder of the lock can panic")
            .push((change.revision, change.prompts.clone()));
        let _ = told.send(());
    });
    double.publish("greeting", "better");
    holds(&sdk, 2).await;
    double.publish("farewell", "bye");
    holds(&sdk, 3).await;
    assert_eq!(text(&sdk.get("greeting", "production").await.expect("it is there")), "better");
    assert_eq!(text(&sdk.get("farewell", "production").await.expect("it is there")), "bye");
    assert_eq!(double.world().count("/snapshot"), 1, "the stream brought everything");
    for _ in 0..2 {
        telling.recv().await.expect("it is told");
    }
    let expected = vec![(2, BTreeSet::from([prompt("greeting")])), (3, BTreeSet::from([prompt("farewell")]))];
    assert_eq!(*changes.lock().expect("no holder of the lock can panic"), expected);
}

#[tokio::test]
async fn a_stream_that_ends_or_says_so_is_opened_again_and_nothing_is_missed() {
    let double = Double::start("good").await;
    let sdk = streaming(&double).await;
    for (round, event) in [(2, "resync"), (3, "reconnect"), (4, "end"), (5, "gap")] {
        {
            let mut world = double.world();
            // What is published while nobody listens is in the snapshot.
            match event {
                "resync" => world.send("resync", &json!({ "revision": round })),
                "reconnect" => world.send("reconnect", &json!({ "after_ms": 1 })),
                "end" => world.end_streams(),
                _ => {
                    let delta = world.delta(90, std::collections::BTreeMap::new());
                    let delta = world.signer.sign(delta);
                    world.send("change", &json!({ "delta": delta }));
                }
            }
            world.end_streams();
        }
        double.publish("greeting", event);
        holds(&sdk, round).await;
        sdk.wait_until(LONG, streams).await.expect("it streams again");
        assert_eq!(text(&sdk.get("greeting", "production").await.expect(event)), event);
    }
    assert!(double.world().listeners() <= 1);
}

#[tokio::test]
async fn what_ends_with_the_last_clone_is_everything() {
    let double = Double::start("good").await;
    let sdk = streaming(&double).await;
    drop(sdk);
    // A stream that nobody reads any more is closed.
    let closed = async {
        loop {
            double.world().send("ping", &json!({}));
            if double.world().listeners() == 0 {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, closed).await.expect("the stream is closed");
}
