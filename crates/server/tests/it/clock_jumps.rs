//! A server whose clock is wrong, and jumps: what is delivered does not depend on it, and the order of changes neither.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use promptsync_store::{audit, workspaces};
use promptsync_testing::{Caller, TestApp, db_test};
use serde_json::json;

/// Where the clock is put, each time beside the right time.
fn wrong() -> [TimeDelta; 4] {
    [TimeDelta::hours(2), TimeDelta::hours(-2), TimeDelta::days(400), TimeDelta::days(-400)]
}

/// Which version each unit gets.
async fn shares(reader: &Caller) -> BTreeMap<u32, String> {
    let mut shares = BTreeMap::new();
    for unit in 0..60 {
        let reply = reader.get(&format!("/api/prompts/split/production?unit=u{unit}")).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        shares.insert(unit, reply.json()["version"].to_string());
    }
    shares
}

db_test! {
    async fn a_clock_that_jumps_changes_neither_what_is_delivered_nor_the_order_of_changes(db: &Db) {
        let app = TestApp::on(db).await;
        let (editor, viewer) = (app.admin().await, app.viewer().await);
        for text in ["one", "two"] {
            editor.try_push(&[("split.txt", text)], json!({ "alias": "production" })).await;
        }
        let canary = json!({ "alias": "production", "prompt": "split", "version": "1.0.0", "percentage": 30 });
        let divided = editor.post("/api/canary", canary).await;
        assert!(divided.status < 300, "{}", divided.text());
        let expected = shares(&viewer).await;
        assert_eq!(expected.values().collect::<std::collections::BTreeSet<_>>().len(), 2, "{expected:?}");
        for off in wrong() {
            app.clock.advance(off);
            assert_eq!(shares(&viewer).await, expected, "{off}");
            let text = format!("published at {off}");
            let pushed = editor.try_push(&[("greeting.txt", &text)], json!({ "alias": "dev" })).await;
            assert_eq!(pushed.status, 200, "{off}: {}", pushed.text());
            let reply = viewer.get("/api/prompts/greeting/dev").await.json();
            assert_eq!((&reply["content"], reply["source"].is_null()), (&json!(text), true), "{off}");
            let snapshot = viewer.get("/api/projects/shop/snapshot?alias=dev").await;
            assert_eq!(snapshot.status, 200, "{off}: {}", snapshot.text());
            app.clock.advance(-off);
        }
        let mut tx = db.begin_system_read().await.expect("the database answers");
        let workspace = workspaces::list(&mut tx).await.expect("workspaces").remove(0).id;
        let entries = audit::since(&mut tx, &workspace, 0, 1_000).await.expect("entries");
        let revisions: Vec<i64> = entries.iter().map(|chained| chained.revision).collect();
        let first = revisions[0];
        let expected: Vec<i64> = (first..).take(revisions.len()).collect();
        assert_eq!(revisions, expected, "no revision is missing");
        let went_back = entries.windows(2).filter(|pair| pair[1].entry.at < pair[0].entry.at).count();
        assert!(went_back >= 2, "the clock went back: {went_back}");
    }

    async fn a_key_opens_nothing_outside_its_time(db: &Db) {
        let app = TestApp::on(db).await;
        let admin = app.admin().await;
        let wanted = json!({ "name": "ci", "role": "viewer", "project": "shop",
            "not_before": "2026-11-01T11:30:00Z", "expires_at": "2026-11-01T13:00:00Z" });
        let made = admin.post("/api/keys", wanted).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let key = app.nobody().with_key(made.json()["secret"].as_str().expect("a secret"));
        assert_eq!(key.get("/api/whoami").await.outcome(), "200");
        for off in wrong() {
            app.clock.advance(off);
            assert_eq!(key.get("/api/whoami").await.outcome(), "401 unauthenticated", "{off}");
            app.clock.advance(-off);
            assert_eq!(key.get("/api/whoami").await.outcome(), "200", "after {off}");
        }
    }
}
