//! Pushes beside other writers.

use std::sync::Arc;

use promptsync_core::access::Role;
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

    async fn an_alias_pushed_to_an_older_release_points_at_what_that_release_names(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        editor.push(&[("a.txt", "Hi"), ("b.txt", "Bye")]).await;
        editor.push(&[("b.txt", "Goodbye")]).await;
        editor.push(&[("c.txt", "New")]).await;
        let older = json!({ "version": "1.0.0", "alias": "dev" });
        let pushed = editor.try_push(&[("a.txt", "Hi")], older).await;
        assert_eq!(pushed.status, 200, "{}", pushed.json());
        let (alias, release) = (editor.get("/api/aliases/dev").await.json(), editor.get("/api/projects/shop/releases/1.0.0").await.json());
        assert_eq!(alias["entries"], json!({ "a": "1.0.0", "b": "1.0.0" }));
        assert_eq!((&alias["release"], &alias["entries"]), (&json!("1.0.0"), &release["manifest"]));
        // The audit log leads from one release to the next by their fingerprints.
        let admin = app.nobody().with_key(&app.key(Role::Admin, None).await);
        let log = admin.get("/api/audit?limit=20").await.json();
        let items = log["items"].as_array().unwrap();
        let pushes: Vec<_> = items.iter().filter(|entry| entry["action"] == "push").collect();
        assert_eq!(pushes.len(), 4, "{log}");
        // Newest first: the one that named an older release, then the three that made one.
        for pair in pushes[1..].windows(2) {
            assert_eq!(pair[0]["before"], pair[1]["after"]);
            assert_ne!(pair[0]["before"], pair[0]["after"]);
        }
        assert!(pushes[3].get("before").is_none_or(serde_json::Value::is_null));
        assert_eq!(pushes[0]["after"], pushes[3]["after"], "1.0.0, as when it was made");
    }
}
