//! What the SDK tells the server: which revisions it holds, and what is used.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    LONG,
    double::{Double, Lie, production},
};

fn bodies(double: &Double, path: &str) -> Vec<Value> {
    let world = double.world();
    world.asked.iter().filter(|(asked, _)| asked.contains(path)).map(|(_, body)| body.clone()).collect()
}

async fn until(mut is_so: impl FnMut() -> bool) {
    let so = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, so).await.expect("it becomes so");
}

#[tokio::test]
async fn it_says_what_it_holds_after_each_change() {
    let double = Double::start("good").await;
    let settings = double.sdk().host("box").git_commit("abc1234").uses("greeting", ["name"]);
    let sdk = settings.start().await.expect("it starts");
    sdk.wait_ready(LONG).await.expect("it is ready");
    let held = |double: &Double, revision: i64| {
        bodies(double, "/clients").iter().any(|body| body["holds"] == json!({ "production": revision }))
    };
    until(|| held(&double, 1)).await;
    double.publish("greeting", "better");
    until(|| held(&double, 2)).await;
    let last = bodies(&double, "/clients").pop().expect("a report");
    let report: promptsync_api::delivery::ReportClient = serde_json::from_value(last).expect("the contract");
    assert_eq!(
        (report.service.as_str(), report.sdk.as_str(), report.host.as_deref()),
        ("tests", "rust", Some("box"))
    );
    assert_eq!((report.git_commit.as_deref(), report.instance.len()), (Some("abc1234"), 32));
    assert_eq!(json!(report.uses), json!({ "greeting": ["name"] }));
    assert_eq!(report.holds.get(&production()), Some(&2));
}

#[tokio::test]
async fn what_was_used_is_counted_and_handed_in_at_the_end() {
    let double = Double::start("good").await;
    double.world().lies.insert("metrics", Lie::Says(200, "{}".to_owned()));
    let sdk = double.sdk().start().await.expect("it starts");
    sdk.wait_ready(LONG).await.expect("it is ready");
    for _ in 0..500 {
        sdk.get("greeting", "production").await.expect("it is there");
    }
    sdk.close().await;
    let total: i64 = bodies(&double, "/api/metrics")
        .iter()
        .flat_map(|body| body["usage"].as_array().cloned().unwrap_or_default())
        .map(|item| {
            assert_eq!(
                (item["prompt"].as_str(), item["version"].as_str(), item["alias"].as_str()),
                (Some("greeting"), Some("1.0.0"), Some("production")),
            );
            item["count"].as_i64().expect("a number")
        })
        .sum();
    assert_eq!(total, 500);
}

#[tokio::test]
async fn a_server_that_wants_neither_is_left_alone_and_one_that_hangs_holds_nobody_up() {
    let double = Double::start("good").await;
    double.world().lies.insert("clients", Lie::Says(404, "{}".to_owned()));
    double.world().lies.insert("metrics", Lie::Drips);
    let sdk = double.sdk().start().await.expect("it starts");
    sdk.wait_ready(LONG).await.expect("it is ready");
    sdk.get("greeting", "production").await.expect("it is there");
    let closed = tokio::time::timeout(Duration::from_secs(5), sdk.close()).await;
    assert!(closed.is_ok(), "closing ends");
    assert!(bodies(&double, "/clients").len() <= 1);
}

#[tokio::test]
async fn what_an_application_measured_is_handed_in_with_the_counts() {
    let double = Double::start("good").await;
    double.world().lies.insert("metrics", Lie::Says(200, "{}".to_owned()));
    let sdk = double.sdk().start().await.expect("it starts");
    for latency in 0..3 {
        sdk.report(json!({ "prompt": "greeting", "metrics": { "latency_ms": latency } }));
    }
    sdk.close().await;
    let facts =
        bodies(&double, "/api/metrics").into_iter().filter_map(|body| body["metrics"].as_array().cloned());
    let told: Vec<i64> = facts.flatten().filter_map(|fact| fact["metrics"]["latency_ms"].as_i64()).collect();
    assert_eq!(told, [0, 1, 2]);
}

#[tokio::test]
async fn asking_again_in_the_same_words_resolves_nothing_until_something_changes_and_counts_as_a_call() {
    let double = Double::start("good").await;
    double.world().lies.insert("metrics", Lie::Says(200, "{}".to_owned()));
    let sdk = double.sdk().start().await.expect("it starts");
    sdk.wait_ready(LONG).await.expect("it is ready");
    let first = sdk.get("greeting", "production").await.expect("it is there");
    assert!(sdk.again(&first) && sdk.again(&first));
    double.publish("greeting", "better");
    sdk.wait_until(LONG, |status| status.aliases[&production()].revision == Some(2)).await.expect("it comes");
    assert!(!sdk.again(&first), "the alias serves something else");
    sdk.close().await;
    let counted: i64 = bodies(&double, "/api/metrics")
        .iter()
        .flat_map(|body| body["usage"].as_array().cloned().unwrap_or_default())
        .filter_map(|item| item["count"].as_i64())
        .sum();
    assert_eq!(counted, 3);
}
