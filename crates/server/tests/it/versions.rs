//! Versions: never changed, taken out of use only when nothing points at them.

use promptsync_testing::{TestApp, db_test};
use serde_json::json;

const FIRST: &str = "/api/projects/shop/prompts/greeting/versions/1.0.0";

db_test! {
    async fn a_version_that_an_alias_points_at_is_not_archived(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        editor.try_push(&[("greeting.txt", "one")], json!({ "alias": "dev" })).await;
        assert_eq!(editor.post(&format!("{FIRST}/archive"), json!({})).await.outcome(), "409 in_use");
        assert_eq!(editor.get(FIRST).await.json()["archived"], false);
    }

    async fn an_archived_version_is_found_by_its_number_alone(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        editor.push(&[("greeting.txt", "one")]).await;
        let archived = editor.post(&format!("{FIRST}/archive"), json!({ "reason": "wrong tone" })).await;
        assert_eq!(archived.json()["archived"], true);
        assert_eq!(editor.post(&format!("{FIRST}/archive"), json!({})).await.outcome(), "200", "again");
        assert_eq!(editor.get("/api/prompts/greeting/1.0.0").await.outcome(), "200");
        for range in ["%5E1.0", "*", "v1", "%3E%3D1%20%3C2"] {
            assert_eq!(editor.get(&format!("/api/prompts/greeting/{range}")).await.outcome(), "404 no_match", "{range}");
        }
        assert_eq!(editor.get("/api/prompts/greeting/latest").await.outcome(), "404 version_not_found");
    }

    async fn a_version_number_is_used_once(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        editor.push(&[("greeting.txt", "one")]).await;
        let again = json!({ "name": "greeting", "content": "two", "version": "1.0.0" });
        assert_eq!(editor.post("/api/prompts", again).await.outcome(), "409 version_exists");
        assert_eq!(editor.get("/api/prompts/greeting/1.0.0").await.json()["content"], "one");
    }

    async fn of_many_pushes_at_once_each_gets_a_version_of_its_own(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        let tasks: Vec<_> = (0..8)
            .map(|n| {
                let editor = editor.clone();
                tokio::spawn(async move { editor.push(&[("greeting.txt", &format!("text {n}"))]).await["release"].clone() })
            })
            .collect();
        let mut releases = Vec::new();
        for task in tasks {
            releases.push(task.await.expect("every push lands").as_str().expect("a version").to_owned());
        }
        releases.sort();
        assert_eq!(releases, ["1.0.0", "1.0.1", "1.0.2", "1.0.3", "1.0.4", "1.0.5", "1.0.6", "1.0.7"]);
    }

    async fn accepting_a_breaking_change_under_a_small_number_is_a_permission(db: &Db) {
        let app = TestApp::on(db).await;
        let editor = app.editor().await;
        editor.push(&[("greeting.txt", "Hi")]).await;
        let breaking = json!({ "name": "greeting", "content": "Hi {{ name }}", "version": "1.0.1" });
        assert_eq!(editor.post("/api/prompts", breaking.clone()).await.outcome(), "422 understated_bump");
        let mut insisting = breaking;
        insisting["allow_breaking"] = json!(true);
        assert_eq!(editor.post("/api/prompts", insisting.clone()).await.outcome(), "403 insufficient_scope");
        assert_eq!(app.approver().await.post("/api/prompts", insisting).await.outcome(), "201");
    }
}
