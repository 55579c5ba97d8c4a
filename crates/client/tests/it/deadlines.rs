//! A call ends at its deadline, whatever the network does.

use std::time::{Duration, Instant};

use promptsync_client::PromptSync;

use crate::{
    LONG,
    double::Double,
    proxy::{Fault, Proxy},
    text,
};

const DEADLINE: Duration = Duration::from_millis(100);

/// How much later than its deadline a call may end.
const SLACK: Duration = Duration::from_millis(20);

/// Calls of which the middle one counts, and how often they are repeated when that is late: tests share their machine
/// with others, and what the SDK does wrong is wrong each time.
const CALLS: usize = 5;
const TRIES: usize = 5;

const FAULTS: [Fault; 7] = [
    Fault::Silent,
    Fault::HalfOpen,
    Fault::Reset,
    Fault::Drips,
    Fault::Nonsense,
    Fault::Late,
    Fault::Refused,
];

/// How long calls take, shortest first.
async fn times(sdk: &PromptSync, references: &[String]) -> Vec<Duration> {
    let mut times = Vec::new();
    for reference in references {
        let started = Instant::now();
        let _ = sdk.get("greeting", reference).await;
        times.push(started.elapsed());
    }
    times.sort();
    times
}

fn aliases(_: usize) -> Vec<String> {
    vec!["production".to_owned(); CALLS]
}

/// Versions that nothing is held of, a new one for each call.
fn versions(again: usize) -> Vec<String> {
    (0..CALLS).map(|patch| format!("9.{again}.{patch}")).collect()
}

/// The middle of the times, of the first try that is in time.
async fn middle(sdk: &PromptSync, references: fn(usize) -> Vec<String>, most: Duration) -> Duration {
    let mut best = Duration::MAX;
    for again in 0..TRIES {
        best = best.min(times(sdk, &references(again)).await[CALLS / 2]);
        if best <= most {
            break;
        }
    }
    best
}

/// What is asked of whom, how, and within which time.
type Cell<'a> = (&'a str, &'a PromptSync, fn(usize) -> Vec<String>, Duration);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_ends_at_its_deadline_whatever_the_network_does() {
    println!(
        "{:<10} {:>12} {:>12} {:>12} {:>14}",
        "fault", "cold alias", "cold version", "warm alias", "warm version"
    );
    let mut late = Vec::new();
    for fault in FAULTS {
        let double = Double::start("good").await;
        let proxy = Proxy::start(double.address).await;
        let sdk = || double.sdk().url(format!("http://{}", proxy.address)).deadline(DEADLINE);
        let warm = sdk().start().await.expect("it starts");
        warm.wait_ready(LONG).await.expect("it is ready");
        warm.preload().await.expect("it compiles");
        proxy.set(fault);
        let cold = sdk().start().await.expect("it starts");
        let cells: [Cell<'_>; 4] = [
            ("cold alias", &cold, aliases, DEADLINE + SLACK),
            ("cold version", &cold, versions, DEADLINE + SLACK),
            ("warm alias", &warm, aliases, SLACK),
            ("warm version", &warm, versions, DEADLINE + SLACK),
        ];
        let mut shown = Vec::new();
        for (what, sdk, references, most) in cells {
            let time = middle(sdk, references, most).await;
            shown.push(format!("{:>9.1} ms", time.as_secs_f64() * 1e3));
            if time > most {
                late.push(format!("{fault:?}, {what}: {time:?}"));
            }
        }
        println!("{:<10} {}", format!("{fault:?}"), shown.join("  "));
        assert_eq!(text(&warm.get("greeting", "production").await.expect("it is held")), "good");
    }
    assert!(late.is_empty(), "{late:#?}");
}

#[tokio::test]
async fn a_dead_server_costs_no_connection_for_each_call() {
    let double = Double::start("good").await;
    let proxy = Proxy::start(double.address).await;
    proxy.set(Fault::Silent);
    let sdk = double.sdk().url(format!("http://{}", proxy.address)).deadline(Duration::from_millis(5));
    let sdk = sdk.start().await.expect("it starts");
    for _ in 0..50 {
        let refused = sdk.get("greeting", "production").await.expect_err("nothing is held");
        assert_eq!(refused.code(), "deadline");
    }
    assert!(proxy.connections() <= 2, "{} connections", proxy.connections());
    proxy.set(Fault::None);
    sdk.wait_ready(LONG).await.expect("the server is back");
    let back = sdk.get("greeting", "production").deadline(LONG).await.expect("it is there");
    assert_eq!(text(&back), "good");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_ask_for_the_same_wait_for_one_answer() {
    let double = Double::start("good").await;
    let sdk = double.sdk().start().await.expect("it starts");
    let mut calls = tokio::task::JoinSet::new();
    for call in 0..100 {
        let sdk = sdk.clone();
        calls.spawn(async move {
            let reference = if call % 2 == 0 { "production" } else { "7.7.7" };
            sdk.get("greeting", reference)
                .await
                .map(|prompt| text(&prompt))
                .map_err(|error| error.code().to_owned())
        });
    }
    let mut answers = std::collections::BTreeMap::new();
    while let Some(answer) = calls.join_next().await {
        *answers.entry(answer.expect("no call panics")).or_insert(0) += 1;
    }
    let expected = [(Ok("good".to_owned()), 50), (Err("not_found".to_owned()), 50)];
    assert_eq!(answers, expected.into_iter().collect());
    let world = double.world();
    assert_eq!(world.count("/api/prompts/greeting/7.7.7"), 1);
    // The one that somebody waits for, and all of them in the background.
    assert!((1..=2).contains(&world.count("/documents")), "{}", world.count("/documents"));
}
