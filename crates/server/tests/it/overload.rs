//! More work than the server can do: it is refused at once, and applications go on getting their prompts.

use promptsync_core::ids::WorkspaceId;
use promptsync_testing::{PROJECT, TestApp, db_test};
use serde_json::json;
use tokio::task::JoinSet;

db_test! {
    async fn work_beyond_the_places_is_refused_and_prompts_are_delivered_meanwhile(db: &Db) {
        let app = TestApp::with(db, &[("PROMPTSYNC_MAX_REQUESTS", "3")]).await;
        let editor = app.editor().await;
        let pushed = editor.try_push(&[("greeting.txt", "Hi")], json!({ "alias": "production" })).await.json();
        let whoami = editor.get("/api/whoami").await.json();
        let workspace = WorkspaceId::new(whoami["workspace"].as_str().expect("an id"));
        // While this change is open, every other one waits.
        let mut open = db.begin_write(&workspace).await.expect("a transaction");
        open.revision(&workspace).await.expect("a place in the chain");
        let mut pushes = JoinSet::new();
        for number in 0..4 {
            let editor = editor.clone();
            pushes.spawn(async move {
                let text = number.to_string();
                editor.try_push(&[("greeting.txt", &text)], json!({ "alias": "dev" })).await
            });
        }
        let refused = pushes.join_next().await.expect("a push").expect("no panic");
        assert_eq!((refused.outcome().as_str(), refused.header("retry-after")), ("503 overloaded", "1"));
        assert_eq!(editor.get("/api/whoami").await.outcome(), "503 overloaded");
        let digest = pushed["prompts"][0]["digest"].as_str().expect("a digest").to_owned();
        for target in [
            "/livez".to_owned(),
            "/readyz".to_owned(),
            "/api/prompts/greeting/production".to_owned(),
            "/api/prompts/greeting/latest?document=true".to_owned(),
            format!("/api/projects/{PROJECT}/snapshot?alias=production"),
            format!("/api/documents/{digest}"),
        ] {
            assert_eq!(editor.get(&target).await.status, 200, "{target}");
        }
        let listening = editor.listen(&format!("/api/projects/{PROJECT}/stream?alias=production")).await;
        drop(listening);
        drop(open);
        while let Some(pushed) = pushes.join_next().await {
            assert_eq!(pushed.expect("no panic").outcome(), "200");
        }
        assert_eq!(editor.get("/api/whoami").await.status, 200);
    }
}
