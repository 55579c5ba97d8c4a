//! What callers may keep, and how they learn that it is still true.

use promptsync_api::keys::CreateKey;
use promptsync_testing::{TestApp, a_key, db_test};
use serde_json::json;

db_test! {
    async fn a_prompt_that_did_not_change_is_answered_without_a_body(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        editor.try_push(&[("greeting.txt", "one")], json!({ "alias": "dev" })).await;
        let first = editor.get("/api/prompts/greeting/dev").await;
        assert_eq!(first.header("cache-control"), "private, no-cache");
        let tag = first.header("etag").to_owned();
        let asking = editor.clone().header("if-none-match", &tag);
        let second = asking.get("/api/prompts/greeting/dev").await;
        assert_eq!((second.status, second.body.len(), second.header("etag")), (304, 0, tag.as_str()));
        editor.try_push(&[("greeting.txt", "two")], json!({ "alias": "dev" })).await;
        assert_eq!(asking.get("/api/prompts/greeting/dev").await.status, 200);
    }

    async fn the_tag_of_another_project_is_not_taken_for_ones_own(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        editor.push(&[("greeting.txt", "same")]).await;
        let tag = editor.get("/api/prompts/greeting/latest").await.header("etag").to_owned();
        let other = app.nobody().with_key(&app.key(promptsync_core::access::Role::Editor, Some("other")).await);
        other.post("/api/projects/other/push", json!({ "files": [{ "path": "greeting.txt", "content": "same" }] })).await;
        let reply = other.header("if-none-match", &tag).get("/api/prompts/greeting/latest").await;
        assert_eq!((reply.status, &reply.json()["project"]), (200, &json!("other")));
    }

    async fn the_tag_of_another_workspace_is_not_taken_for_ones_own(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        editor.push(&[("greeting.txt", "same")]).await;
        app.workspace("elsewhere").await;
        let wanted = CreateKey { project: Some("shop".into()), ..a_key("editor") };
        let other = app.nobody().with_key(&app.key_in(Some("elsewhere"), wanted).await);
        other.push(&[("greeting.txt", "same")]).await;
        for target in ["/api/prompts/greeting/latest", "/api/prompts/greeting/1.0.0", "/api/prompts/greeting/1.0.0?document=true"] {
            let mine = editor.get(target).await;
            let theirs = other.clone().header("if-none-match", mine.header("etag")).get(target).await;
            assert_eq!(theirs.status, 200, "{target}");
            assert_ne!(theirs.json()["signature"], mine.json()["signature"], "{target}: own content");
            assert_ne!(theirs.header("etag"), mine.header("etag"), "{target}");
        }
    }

    async fn a_document_may_be_kept_for_ever(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        editor.push(&[("greeting.txt", "one")]).await;
        let digest = editor.get("/api/prompts/greeting/latest").await.json()["digest"].as_str().expect("a digest").to_owned();
        let reply = editor.get(&format!("/api/documents/{digest}")).await;
        assert!(reply.header("cache-control").contains("immutable"), "{:?}", reply.headers);
        assert_eq!(promptsync_core::digest::Digest::of(&reply.body).as_str(), digest);
    }

    async fn a_head_request_gets_the_headers_alone(db: &Db) {
        let app = TestApp::on(db).await;
        let viewer = app.viewer().await;
        let reply = viewer.send(hyper::Method::HEAD, "/api/whoami", bytes::Bytes::new()).await;
        assert_eq!((reply.status, reply.body.len()), (200, 0));
        let full = viewer.get("/api/whoami").await;
        assert_eq!(reply.header("content-length"), full.body.len().to_string());
    }
}
