//! What it costs to know who calls and whether they may read, when everything needed is in memory.
//!
//! `cargo run --release -p promptsync-server --example bench_auth` prints microseconds of each kind of caller: parsing the
//! header, checking the key's hash or the token's signature, its expiry, the rates, and the permission.

#![expect(clippy::print_stdout, reason = "the result is printed")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use hyper::{HeaderMap, header::AUTHORIZATION};
use promptsync_core::access::{Permission, Role};
use promptsync_server::admission;
use promptsync_testing::{PROJECT, TestApp};

/// The clock of the test stands still, so that what is used up is not filled up.
const SETTINGS: [(&str, &str); 2] =
    [("PROMPTSYNC_RATE_CALLER", "1000000000"), ("PROMPTSYNC_RATE_WORKSPACE", "1000000000")];

const TURNS: usize = 51;
const TURN: Duration = Duration::from_millis(20);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let app = TestApp::with_settings(&SETTINGS).await;
    let key = app.key(Role::Viewer, Some(PROJECT)).await;
    println!("api key: {:.3} us", cost(&app, &key).await);
    let person = app.set_up().await;
    println!("session token: {:.3} us", cost(&app, person.caller.key()).await);
}

/// The median of many turns, in microseconds.
async fn cost(app: &TestApp, secret: &str) -> f64 {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, format!("Bearer {secret}").parse().expect("a header"));
    let mut turns = Vec::new();
    for _ in 0..TURNS {
        let (started, mut count) = (Instant::now(), 0_u32);
        while started.elapsed() < TURN {
            for _ in 0..100 {
                let admitted = admission::admits(app.app(), black_box(&headers), Permission::Read).await;
                assert!(black_box(admitted), "the caller may read");
            }
            count += 100;
        }
        turns.push(started.elapsed().as_secs_f64() * 1e6 / f64::from(count));
    }
    turns.sort_by(f64::total_cmp);
    turns[TURNS / 2]
}
