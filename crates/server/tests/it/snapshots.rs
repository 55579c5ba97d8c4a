//! Signed snapshots are made once and given again.

use chrono::TimeDelta;
use promptsync_testing::{TestApp, db_test};
use serde_json::json;

const SNAPSHOT: &str = "/api/projects/shop/snapshot?alias=production";

db_test! {
    async fn a_snapshot_stays_what_it_is_until_its_alias_moves_or_an_hour_passed(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        let push = async |text: &str, alias: &str| {
            editor.try_push(&[("greeting.txt", text)], json!({ "alias": alias })).await;
        };
        push("one", "production").await;
        let first = editor.get(SNAPSHOT).await;
        assert_eq!(first.outcome(), "200", "{}", first.text());
        let tag = first.header("etag").to_owned();
        let again = editor.clone().header("if-none-match", &tag).get(SNAPSHOT).await;
        assert_eq!((again.status, again.body.len()), (304, 0));

        // Another alias moves: nothing changed here.
        push("two", "dev").await;
        app.clock.advance(TimeDelta::minutes(10));
        assert_eq!(editor.get(SNAPSHOT).await.body, first.body);

        push("three", "production").await;
        let moved = editor.clone().header("if-none-match", &tag).get(SNAPSHOT).await;
        assert_eq!(moved.status, 200);
        let revision = |reply: &promptsync_testing::Reply| reply.json()["statement"]["revision"].as_i64();
        assert!(revision(&moved) > revision(&first));

        app.clock.advance(TimeDelta::minutes(61));
        let renewed = editor.get(SNAPSHOT).await;
        assert_ne!(renewed.body, moved.body);
        assert_eq!(revision(&renewed), revision(&moved));
        assert_eq!(renewed.json()["statement"]["entries"], moved.json()["statement"]["entries"]);
    }

    async fn a_replaced_key_signs_the_next_snapshot(db: &Db) {
        let app = TestApp::on(db).await;
        let admin = app.nobody().with_key(&app.key(promptsync_core::access::Role::Admin, None).await);
        let editor = app.editor().await;
        editor.try_push(&[("greeting.txt", "one")], json!({ "alias": "production" })).await;
        let first = editor.get(SNAPSHOT).await.json();
        let rotated = admin.post("/api/signing-keys/rotate", json!({})).await;
        assert_eq!(rotated.status, 200, "{}", rotated.text());
        let second = editor.get(SNAPSHOT).await.json();
        assert_ne!(first["key"], second["key"]);
    }

    async fn every_server_gives_the_same_revision_for_the_same_state(db: &Db) {
        let (app, other) = (TestApp::on(db).await, TestApp::beside(db, &[]).await);
        let editor = app.editor().await;
        editor.try_push(&[("greeting.txt", "one")], json!({ "alias": "production" })).await;
        editor.try_push(&[("greeting.txt", "two")], json!({ "alias": "dev" })).await;
        let here = editor.get(SNAPSHOT).await.json();
        let there = other.nobody().with_key(editor.key()).get(SNAPSHOT).await.json();
        assert_eq!(here["statement"]["revision"], there["statement"]["revision"]);
    }
}
