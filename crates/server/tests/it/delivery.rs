//! Prompts from memory: the same answers as from the database, and never an older one.

use promptsync_core::access::Role;
use promptsync_testing::{PROJECT, Reply, TestApp, db_test};
use serde_json::json;

/// What an answer says, without what differs from one request to the next.
fn said(reply: &Reply) -> (u16, Vec<(String, String)>, String) {
    let ignored = ["x-request-id", "ratelimit", "content-length"];
    let mut headers: Vec<(String, String)> = reply
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned()))
        .filter(|(name, _)| !ignored.contains(&name.as_str()))
        .collect();
    headers.sort();
    let body = String::from_utf8(reply.body.to_vec()).expect("text");
    let body = body.split(r#","trace_id""#).next().unwrap_or_default().to_owned();
    (reply.status, headers, body)
}

db_test! {
    async fn the_short_way_answers_as_the_long_one(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        let variants = "content: base\nvariants:\n- tags: {locale: de}\n  content: basis\n";
        editor.try_push(&[("greeting.txt", "one"), ("support/mail.yaml", variants)], json!({ "alias": "production" })).await;
        editor.try_push(&[("greeting.txt", "two")], json!({ "alias": "dev" })).await;
        let stranger = app.nobody().with_key(&app.key(Role::Editor, Some("other")).await);
        let paths = [
            "/api/prompts/greeting/production",
            "/api/prompts/greeting/latest",
            "/api/prompts/greeting/v1",
            "/api/prompts/greeting/9.9.9",
            "/api/prompts/greetin/production",
            "/api/prompts/greeting/productoin",
            "/api/prompts/mail/production?tags=locale=de",
            "/api/prompts/mail/production?tag=locale:de&tag=tone:formal",
            "/api/prompts/mail/production?tag=locale:de&document=true",
            "/api/prompts/mail/production?unknown=1",
            "/api/prompts/mail/production?unit=ada",
            "/api/prompts/mail/production?unit=ps_ada",
            "/api/prompts/mail/production?project=other",
            "/api/prompts/mail/production?unit=",
            "/api/prompts/mail/production?",
        ];
        let mut long = Vec::new();
        for path in paths {
            long.push((editor.get(path).await, stranger.get(path).await));
        }
        // From here on what is known is believed, and what was asked for once is at hand.
        app.app().hear_of_changes().await.expect("the database answers");
        for (path, (by_editor, by_stranger)) in paths.iter().zip(&long) {
            for _ in 0..2 {
                assert_eq!(said(&editor.get(path).await), said(by_editor), "{path}");
                assert_eq!(said(&stranger.get(path).await), said(by_stranger), "{path}");
            }
        }
        let tag = long[0].0.header("etag").to_owned();
        let again = editor.clone().header("if-none-match", &tag).get(paths[0]).await;
        assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, tag.as_str()));
        assert_eq!(app.nobody().get(paths[0]).await.status, 401);
    }

    async fn whoever_reads_after_a_change_was_answered_reads_the_change(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        editor.try_push(&[("greeting.txt", "0")], json!({ "alias": "production" })).await;
        app.app().hear_of_changes().await.expect("the database answers");
        for round in 1..20 {
            let text = round.to_string();
            editor.try_push(&[("greeting.txt", &text)], json!({ "alias": "production" })).await;
            let seen = editor.get("/api/prompts/greeting/production").await;
            assert_eq!(seen.json()["content"], json!(text));
            assert_eq!(seen.header("promptsync-revision"), seen.json()["revision"].to_string());
        }
        editor.post(&format!("/api/projects/{PROJECT}/aliases/production/rollback"), json!({})).await;
        assert_eq!(editor.get("/api/prompts/greeting/production").await.json()["content"], "18");
    }

    async fn a_revision_of_another_server_is_read_here_or_refused(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        editor.try_push(&[("greeting.txt", "old")], json!({ "alias": "production" })).await;
        let beside = TestApp::beside(db, &[]).await;
        let there = beside.editor().await;
        assert_eq!(there.get("/api/prompts/greeting/production").await.json()["content"], "old");
        beside.app().hear_of_changes().await.expect("the database answers");
        editor.try_push(&[("greeting.txt", "new")], json!({ "alias": "production" })).await;
        let seen = editor.get("/api/prompts/greeting/production").await.header("promptsync-revision").to_owned();
        let asking = there.clone().header("promptsync-revision", &seen);
        assert_eq!(asking.get("/api/prompts/greeting/production").await.json()["content"], "new");
        let future = there.clone().header("promptsync-revision", "999999");
        assert_eq!(future.get("/api/prompts/greeting/production").await.outcome(), "503 unavailable");
        let nonsense = there.header("promptsync-revision", "soon");
        assert_eq!(nonsense.get("/api/prompts/greeting/production").await.outcome(), "400 bad_request");
    }
}
