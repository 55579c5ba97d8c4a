//! Moving aliases: nobody's move is lost, nothing that cannot be served is pointed at.

use promptsync_testing::{Caller, Reply, TestApp, db_test};
use serde_json::json;

const PRODUCTION: &str = "/api/aliases/production";

async fn two_releases(app: &TestApp) -> Caller {
    let editor = app.editor().await;
    editor.push(&[("greeting.txt", "one"), ("farewell.txt", "bye")]).await;
    editor.push(&[("greeting.txt", "two")]).await;
    editor
}

async fn moved(caller: &Caller, etag: &str, body: serde_json::Value) -> Reply {
    caller.clone().header("if-match", etag).put(PRODUCTION, body).await
}

db_test! {
    async fn an_alias_is_created_and_moved_only_from_the_state_that_was_seen(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = two_releases(&app).await;
        let created = editor.clone().header("if-none-match", "*").put(PRODUCTION, json!({ "version": "v1.0.0" })).await;
        assert_eq!(created.outcome(), "201", "{}", created.text());
        let seen = created.header("etag").to_owned();
        assert_eq!(created.json()["entries"], json!({ "farewell": "1.0.0", "greeting": "1.0.0" }));

        let latest = json!({ "version": "latest", "reason": "tested" });
        assert_eq!(editor.put(PRODUCTION, latest.clone()).await.outcome(), "428 precondition_required");
        let again = editor.clone().header("if-none-match", "*").put(PRODUCTION, latest.clone()).await;
        assert_eq!(again.outcome(), "412 stale");
        let done = moved(&editor, &seen, latest.clone()).await;
        assert_eq!(done.outcome(), "200");
        insta::allow_duplicates! { insta::assert_json_snapshot!(done.json(), @r#"
        {
          "name": "production",
          "revision": 7,
          "release": "1.0.1",
          "entries": {
            "farewell": "1.0.0",
            "greeting": "1.0.1"
          },
          "moved_by": {
            "kind": "service",
            "id": "01J00000000000000000000002",
            "name": "editor"
          },
          "moved_at": "2026-11-01T12:00:00Z",
          "reason": "tested"
        }
        "#); }
        assert_eq!(moved(&editor, &seen, latest).await.outcome(), "412 stale");
    }

    async fn an_alias_stays_where_it_is_when_its_target_does_not_exist(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = two_releases(&app).await;
        let seen = editor.put(PRODUCTION, json!({ "version": "1.0.0" })).await.header("etag").to_owned();
        for (body, outcome) in [
            (json!({ "version": "9.9.9" }), "404 version_not_found"),
            (json!({ "version": "9.9.9", "prompt": "greeting" }), "404 version_not_found"),
            (json!({ "version": "^9", "prompt": "greeting" }), "404 no_match"),
            (json!({ "version": "1.0.0", "prompt": "gone" }), "404 prompt_not_found"),
            (json!({ "version": "staging" }), "404 alias_not_found"),
            (json!({ "version": "1.2.3/../.." }), "422 semver"),
            (json!({ "version": "x".repeat(201) }), "422 reference"),
        ] {
            assert_eq!(moved(&editor, &seen, body.clone()).await.outcome(), outcome, "{body}");
        }
        assert_eq!(editor.get(PRODUCTION).await.header("etag"), seen);
    }

    async fn an_alias_cannot_be_called_like_a_version(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = two_releases(&app).await;
        for name in ["1.0.0", "v1", "latest"] {
            let reply = editor.put(&format!("/api/aliases/{name}"), json!({ "version": "1.0.0" })).await;
            assert_eq!(reply.outcome(), "422 name", "{name}");
        }
    }

    async fn one_prompt_of_an_alias_is_moved_alone_by_any_reference(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = two_releases(&app).await;
        let seen = editor.put(PRODUCTION, json!({ "version": "1.0.0" })).await.header("etag").to_owned();
        let reply = moved(&editor, &seen, json!({ "version": "^1.0", "prompt": "greeting" })).await.json();
        assert_eq!(reply["entries"], json!({ "farewell": "1.0.0", "greeting": "1.0.1" }));
        assert_eq!(reply["release"], serde_json::Value::Null);
    }

    async fn an_alias_takes_over_what_another_one_points_at(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = two_releases(&app).await;
        editor.put("/api/aliases/dev", json!({ "version": "latest" })).await;
        let reply = editor.put(PRODUCTION, json!({ "version": "dev" })).await.json();
        assert_eq!((&reply["release"], &reply["entries"]["greeting"]), (&json!("1.0.1"), &json!("1.0.1")));
    }

    async fn a_rollback_is_one_more_move(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = two_releases(&app).await;
        let first = editor.put(PRODUCTION, json!({ "version": "1.0.0" })).await;
        let rollback = "/api/projects/shop/aliases/production/rollback";
        assert_eq!(editor.post(rollback, json!({})).await.outcome(), "409 conflict");
        moved(&editor, first.header("etag"), json!({ "version": "latest" })).await;
        let stale = editor.clone().header("if-match", first.header("etag")).post(rollback, json!({})).await;
        assert_eq!(stale.outcome(), "412 stale");
        let back = editor.post(rollback, json!({ "reason": "complaints" })).await.json();
        assert_eq!((&back["release"], &back["entries"]["greeting"]), (&json!("1.0.0"), &json!("1.0.0")));
        let history = editor.get("/api/projects/shop/aliases/production/history").await.json();
        let actions: Vec<_> = history["items"].as_array().expect("a list").iter().map(|past| past["action"].clone()).collect();
        assert_eq!(actions, ["rollback", "set", "set"]);
    }

    async fn an_alias_never_points_at_an_archived_version(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = two_releases(&app).await;
        let version = "/api/projects/shop/prompts/greeting/versions/1.0.0";
        assert_eq!(editor.post(&format!("{version}/archive"), json!({})).await.outcome(), "200");
        assert_eq!(editor.put(PRODUCTION, json!({ "version": "1.0.0" })).await.outcome(), "409 not_publishable");
        assert_eq!(editor.get(PRODUCTION).await.outcome(), "404 alias_not_found");
        assert_eq!(editor.post(&format!("{version}/restore"), json!({})).await.outcome(), "200");
        assert_eq!(editor.put(PRODUCTION, json!({ "version": "1.0.0" })).await.outcome(), "201");
    }

    async fn of_many_moves_from_one_state_exactly_one_succeeds(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = two_releases(&app).await;
        let seen = editor.put(PRODUCTION, json!({ "version": "1.0.0" })).await.header("etag").to_owned();
        let tasks: Vec<_> = (0..16)
            .map(|_| {
                let (editor, seen) = (editor.clone(), seen.clone());
                tokio::spawn(async move { moved(&editor, &seen, json!({ "version": "latest" })).await.status })
            })
            .collect();
        let mut statuses = Vec::new();
        for task in tasks {
            statuses.push(task.await.expect("no move panics"));
        }
        statuses.sort_unstable();
        assert_eq!((statuses[0], statuses[1..].iter().all(|status| *status == 412)), (200, true), "{statuses:?}");
    }
}
