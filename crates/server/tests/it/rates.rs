//! How much one caller, one workspace, one address may ask for. How well a bucket counts is tested beside it.

use std::net::IpAddr;

use chrono::TimeDelta;
use promptsync_core::access::Role;
use promptsync_testing::{Caller, PROJECT, TestApp};

/// Statuses of so many requests, one after the other.
async fn statuses(caller: &Caller, target: &str, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..count {
        statuses.push(caller.get(target).await.status);
    }
    statuses
}

#[tokio::test]
async fn a_caller_beyond_its_rate_waits_and_is_told_how_long() {
    let app =
        TestApp::with_settings(&[("PROMPTSYNC_RATE_CALLER", "3"), ("PROMPTSYNC_RATE_WORKSPACE", "5")]).await;
    let (noisy, quiet) = (app.viewer().await, app.viewer().await);
    let first = noisy.get("/api/whoami").await;
    assert_eq!(first.header("ratelimit-policy"), "\"caller\";q=3;w=1, \"workspace\";q=5;w=1");
    assert_eq!(first.header("ratelimit"), "\"caller\";r=2;t=1");
    assert_eq!(statuses(&noisy, "/api/whoami", 3).await, [200, 200, 429]);
    let refused = noisy.get("/api/whoami").await;
    assert_eq!(refused.outcome(), "429 rate_limited");
    assert_eq!((refused.header("retry-after"), refused.header("ratelimit")), ("1", "\"caller\";r=0;t=1"));
    assert_eq!(statuses(&quiet, "/api/whoami", 2).await, [200, 200]);
    let refused = quiet.get("/api/whoami").await;
    assert_eq!((refused.status, refused.header("ratelimit")), (429, "\"workspace\";r=0;t=1"));
    app.clock.advance(TimeDelta::seconds(1));
    assert_eq!(statuses(&noisy, "/api/whoami", 4).await, [200, 200, 200, 429]);
}

#[tokio::test]
async fn delivery_meets_no_limit_by_default() {
    let app = TestApp::new().await;
    app.editor().await.push(&[("greeting.txt", "Hi")]).await;
    let viewer = app.viewer().await;
    let statuses = statuses(&viewer, "/api/prompts/greeting/latest", 2_000).await;
    assert_eq!(statuses.iter().filter(|status| **status != 200).count(), 0);
}

#[tokio::test]
async fn a_rate_of_0_is_no_limit_and_is_not_spoken_of() {
    let settings = [
        ("PROMPTSYNC_RATE_CALLER", "0"),
        ("PROMPTSYNC_RATE_WORKSPACE", "0"),
        ("PROMPTSYNC_RATE_ADDRESS", "0"),
    ];
    let app = TestApp::with_settings(&settings).await;
    let reply = app.viewer().await.get("/api/whoami").await;
    assert_eq!((reply.header("ratelimit"), reply.header("ratelimit-policy")), ("", ""));
    let nobody = app.nobody().from_address(IpAddr::from([10, 0, 0, 1]));
    assert_eq!(statuses(&nobody, "/api/auth/options", 500).await, [200; 500]);
}

#[tokio::test]
async fn whether_the_server_lives_is_answered_however_often_it_is_asked() {
    let app = TestApp::with_settings(&[("PROMPTSYNC_RATE_ADDRESS", "1")]).await;
    let probe = app.nobody().from_address(IpAddr::from([10, 0, 0, 1]));
    assert_eq!(statuses(&probe, "/livez", 50).await, [200; 50]);
}

/// P16: the address is the connection's, unless a trusted proxy names another.
#[tokio::test]
async fn an_address_without_a_key_has_its_own_rate_and_a_made_up_one_does_not_help() {
    let settings = [("PROMPTSYNC_RATE_ADDRESS", "3"), ("PROMPTSYNC_TRUSTED_PROXIES", "10.0.0.0/8")];
    let app = TestApp::with_settings(&settings).await;
    let stranger = app.nobody().from_address("2001:db8::1".parse().expect("an address"));
    assert_eq!(statuses(&stranger, "/api/auth/options", 2).await, [200, 200]);
    assert_eq!(statuses(&stranger, "/api/whoami", 2).await, [401, 429]);
    let neighbour = app.nobody().from_address("2001:db8::2".parse().expect("an address"));
    let spoofed = neighbour.clone().header("x-forwarded-for", "1.2.3.4");
    assert_eq!(spoofed.get("/api/auth/options").await.status, 429);
    let proxy = app.nobody().from_address(IpAddr::from([10, 0, 0, 1]));
    let behind = |client: &str| proxy.clone().header("x-forwarded-for", client);
    assert_eq!(statuses(&behind("1.2.3.4"), "/api/auth/options", 4).await, [200, 200, 200, 429]);
    assert_eq!(statuses(&behind("9.9.9.9, 1.2.3.4"), "/api/auth/options", 1).await, [429]);
    assert_eq!(statuses(&behind("1.2.3.5"), "/api/auth/options", 1).await, [200]);
    let known = neighbour.with_key(&app.key(Role::Viewer, Some(PROJECT)).await);
    assert_eq!(statuses(&known, "/api/whoami", 5).await, [200; 5]);
}
