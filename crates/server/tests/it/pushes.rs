//! Pushes beside other writers.

use std::sync::Arc;

use promptsync_store::workspaces;
use promptsync_testing::{TestApp, db_test};
use serde_json::json;

db_test! {
    async fn a_large_push_is_judged_while_another_writes(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        editor.push(&[("greeting.txt", "Hi {{ name }}")]).await;
        let workspace = workspaces::list(&mut db.begin_system_read().await.unwrap()).await.unwrap().remove(0);
        let mut other = db.begin_write(&workspace.id).await.unwrap();
        other.revision(&workspace.id).await.unwrap();
        // It would wait for the other if it took part in writing before it knows that one text does not compile.
        let paths: Vec<String> = (0..33).map(|number| format!("prompt_{number}.txt")).collect();
        let mut files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), "Hi {{ name }}")).collect();
        files[7].1 = "Hi {{ name";
        let refused = editor.try_push(&files, json!({})).await;
        assert_eq!(refused.status, 422, "{}", refused.json());
        drop(other);
        editor.push(&[("greeting.txt", "Hello {{ name }}")]).await;
    }

    async fn pushes_at_the_same_moment_all_land(db: &Db) {
        let app = Arc::new(TestApp::on(db).await);
        let mut pushes = tokio::task::JoinSet::new();
        for number in 0..8 {
            let editor = app.editor().await;
            pushes.spawn(async move {
                let (path, text) = (format!("prompt_{number}.txt"), format!("Hi {{{{ name_{number} }}}}"));
                let pushed = editor.try_push(&[(&path, &text)], json!({ "alias": "dev" })).await;
                assert_eq!(pushed.status, 200, "{}", pushed.json());
                pushed.json()["release"].as_str().unwrap_or_default().to_owned()
            });
        }
        let mut releases = pushes.join_all().await;
        releases.sort();
        releases.dedup();
        assert_eq!(releases.len(), 8, "each is a release of its own: {releases:?}");
        let editor = app.editor().await;
        for number in 0..8 {
            let read = editor.get(&format!("/api/prompts/prompt_{number}/dev")).await;
            assert_eq!(read.status, 200, "{}", read.json());
        }
    }
}
