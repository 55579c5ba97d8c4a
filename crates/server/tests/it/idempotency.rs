//! Requests that are sent again.

use promptsync_testing::{TestApp, db_test};
use serde_json::json;

db_test! {
    async fn a_repeated_request_gets_the_first_answer_and_changes_nothing(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        let retrying = editor.clone().header("idempotency-key", "push-1");
        let first = retrying.try_push(&[("greeting.txt", "one")], json!({ "alias": "dev" })).await;
        editor.try_push(&[("greeting.txt", "two")], json!({ "alias": "dev" })).await;
        let second = retrying.try_push(&[("greeting.txt", "one")], json!({ "alias": "dev" })).await;
        assert_eq!((second.status, second.json()), (first.status, first.json()));
        assert_eq!(second.header("idempotency-replayed"), "true");
        assert_eq!(editor.get("/api/prompts/greeting/dev").await.json()["content"], "two");
    }

    async fn the_same_key_with_another_request_is_refused(db: &Db) {
        let app = TestApp::on(db).await;
        let retrying = app.editor().await.header("idempotency-key", "push-1");
        retrying.try_push(&[("greeting.txt", "one")], json!({})).await;
        let other = retrying.try_push(&[("greeting.txt", "two")], json!({})).await;
        assert_eq!(other.outcome(), "422 idempotency_mismatch");
        let elsewhere = retrying.post("/api/prompts", json!({ "name": "x", "content": "y" })).await;
        assert_eq!(elsewhere.outcome(), "422 idempotency_mismatch");
        let someone_else = app.editor().await.header("idempotency-key", "push-1");
        assert_eq!(someone_else.try_push(&[("greeting.txt", "two")], json!({})).await.outcome(), "200");
    }

    async fn of_equal_requests_at_one_moment_one_makes_the_change(db: &Db) {
        let app = TestApp::on(db).await;
        let retrying = app.editor().await.header("idempotency-key", "push-1");
        let tasks: Vec<_> = (0..6)
            .map(|_| {
                let retrying = retrying.clone();
                tokio::spawn(async move { retrying.try_push(&[("greeting.txt", "one")], json!({})).await.status })
            })
            .collect();
        for task in tasks {
            assert!(matches!(task.await.expect("no push panics"), 200 | 409));
        }
        let versions = retrying.get("/api/projects/shop/releases").await.json();
        assert_eq!(versions["items"].as_array().map(Vec::len), Some(1));
    }

    async fn the_secret_of_a_key_is_not_kept_for_retries(db: &Db) {
        let app = TestApp::on(db).await;
        let retrying = app.admin().await.header("idempotency-key", "key-1");
        let body = json!({ "name": "ci", "role": "editor", "project": "shop" });
        assert_eq!(retrying.post("/api/keys", body.clone()).await.outcome(), "201");
        assert_eq!(retrying.post("/api/keys", body).await.outcome(), "409 conflict");
    }

    async fn an_idempotency_key_of_strange_form_is_refused(db: &Db) {
        let app = TestApp::on(db).await;
        let long = "x".repeat(129);
        for bad in ["", long.as_str()] {
            let reply = app.editor().await.header("idempotency-key", bad).try_push(&[("a.txt", "b")], json!({})).await;
            assert_eq!(reply.outcome(), "400 bad_request", "{bad:?}");
        }
    }
}
