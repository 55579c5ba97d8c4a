//! How long an application waits for a prompt: `get` of one that is held, and a render with 40 variables.
//!
//! `cargo run --release -p promptsync-client --example bench_sdk` prints medians of many rounds, in microseconds.

use std::{
    collections::BTreeMap,
    hint::black_box,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use promptsync_client::PromptSync;
use promptsync_core::{
    bundle,
    digest::Digest,
    documents::{self, Body, Document},
    names::{AliasName, PromptName},
    signing::{KeyLink, PrivateKey, SnapshotContent, SnapshotEntry, SnapshotStatement},
    versions::VersionNumber,
};
use serde_json::{Map, Value};

const VARIABLES: usize = 40;
const PROMPTS: usize = 1_000;
const ROUNDS: usize = 2_000;
const CALLS: u32 = 50;

/// A bundle of many prompts with 40 variables each.
#[expect(clippy::disallowed_methods, reason = "there is no other clock here")]
fn bundle() -> String {
    let (key, now) = (PrivateKey::from_seed(&[1; 32]), chrono::Utc::now());
    let (mut entries, mut texts) = (BTreeMap::new(), BTreeMap::new());
    for index in 0..PROMPTS {
        let places: Vec<String> =
            (0..VARIABLES).map(|place| format!("word {place} is {{{{ v{place} }}}},")).collect();
        let body = Body::Text(format!("Prompt {index}: {}", places.join(" ")));
        let text = documents::canonical(&Document { body, ..Document::default() });
        let content = SnapshotContent { digest: Digest::of(text.as_bytes()), includes: BTreeMap::new() };
        texts.insert(content.digest.clone(), text);
        let version = VersionNumber::new(1, 0, 0);
        let entry = SnapshotEntry { version, content, split: None, others: BTreeMap::new() };
        entries.insert(PromptName::parse(&format!("prompt_{index}")).expect("a name"), entry);
    }
    let snapshot = key.sign(SnapshotStatement {
        workspace: "bench".to_owned(),
        project: "shop".to_owned(),
        alias: AliasName::parse("production").expect("a name"),
        revision: 1,
        issued_at: now,
        expires_at: now + TimeDelta::days(1),
        entries,
    });
    bundle::write("shop", &[KeyLink::first("bench", &key, now)], &[snapshot], &texts)
}

/// The median time of one call, over rounds of many.
fn median(mut call: impl FnMut(usize)) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|round| {
            let started = Instant::now();
            for _ in 0..CALLS {
                call(round);
            }
            started.elapsed() / CALLS
        })
        .collect();
    times.sort();
    times[ROUNDS / 2]
}

#[expect(clippy::print_stdout, reason = "this is what it is for")]
fn main() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let path = folder.path().join("bench.psb");
    std::fs::write(&path, bundle()).expect("a file");
    let sdk = PromptSync::builder("shop").alias("production").bundle(&path).memory(1 << 30);
    let sdk = sdk.start_blocking().expect("it starts");
    sdk.preload().expect("it compiles");
    let value = |place: usize| (format!("v{place}"), Value::from(format!("value number {place}")));
    let variables: Map<String, Value> = (0..VARIABLES).map(value).collect();
    let names: Vec<String> = (0..PROMPTS).map(|index| format!("prompt_{index}")).collect();

    let one = sdk.get(&names[7], "production").fetch().expect("it is held");
    for (what, time) in [
        ("get, one prompt", median(|_| drop(black_box(sdk.get(&names[7], "production").fetch())))),
        (
            "get, 1,000 prompts in turn",
            median(|round| {
                drop(black_box(sdk.get(&names[round % PROMPTS], "production").fetch()));
            }),
        ),
        (
            "get with a unit",
            median(|_| drop(black_box(sdk.get(&names[7], "production").unit("u-42").fetch()))),
        ),
        ("render, 40 variables", median(|_| drop(black_box(one.render(&variables))))),
        (
            "get and render, 40 variables (S1)",
            median(|_| {
                let prompt = sdk.get(&names[7], "production").fetch().expect("it is held");
                drop(black_box(prompt.render(&variables)));
            }),
        ),
    ] {
        println!("{what:<36} {:>8.3} µs", time.as_secs_f64() * 1e6);
    }
    sdk.close();
}
