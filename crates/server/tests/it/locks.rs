//! Locks, and aliases that demand them.

use promptsync_core::signing::{KeyRing, LockStatement, Signed};
use promptsync_testing::{Caller, Reply, TestApp, db_test};
use serde_json::{Value, json};

const VERSIONS: &str = "/api/projects/shop/prompts/greeting/versions";
const ALIAS: &str = "/api/projects/shop/aliases/production";
const POLICY: &str = "/api/projects/shop/environments/production";

async fn lock(caller: &Caller, prompt: &str, version: &str) {
    let path = format!("/api/projects/shop/prompts/{prompt}/versions/{version}/lock");
    assert_eq!(caller.post(&path, json!({})).await.outcome(), "200", "{prompt} {version}");
}

/// Moves `production` as somebody does who has just looked at it.
async fn move_alias(caller: &Caller, body: Value) -> Reply {
    let tag = caller.get(ALIAS).await.header("etag").to_owned();
    caller.clone().header("if-match", &tag).put(ALIAS, body).await
}

/// Two prompts in two versions each; `production` stands on the first release, which is locked.
async fn locked_production(app: &TestApp) -> (Caller, Caller) {
    let (editor, admin) = (app.editor().await, app.admin().await);
    editor.push(&[("greeting.txt", "one"), ("other.txt", "one")]).await;
    lock(&admin, "greeting", "1.0.0").await;
    lock(&admin, "other", "1.0.0").await;
    let set = editor.put(ALIAS, json!({ "version": "1.0.0" })).await;
    assert_eq!(set.outcome(), "201", "{}", set.text());
    assert_eq!(admin.put(POLICY, json!({ "locked_only": true })).await.outcome(), "201");
    editor.push(&[("greeting.txt", "two"), ("other.txt", "two")]).await;
    (editor, admin)
}

db_test! {
    async fn a_locked_version_is_signed_and_stays_in_use(db: &Db) {
        let app = TestApp::on(db).await;
        let (editor, approver) = (app.editor().await, app.approver().await);
        editor.push(&[("greeting.txt", "one")]).await;
        let path = format!("{VERSIONS}/1.0.0/lock");
        assert_eq!(editor.post(&path, json!({})).await.outcome(), "403 insufficient_scope");
        let locked = approver.post(&path, json!({ "reason": "audited" })).await;
        assert_eq!(locked.outcome(), "200", "{}", locked.text());
        let lock: Signed<LockStatement> = serde_json::from_value(locked.json()["lock"].clone()).unwrap();
        let keys = serde_json::from_value::<Vec<_>>(editor.get("/api/signing-keys").await.json()["keys"].clone());
        assert_eq!(KeyRing::unpinned(&keys.unwrap()).unwrap().verify(&lock), Ok(()));
        assert_eq!(lock.statement.reason.as_deref(), Some("audited"));

        let again = approver.post(&path, json!({ "reason": "another" })).await;
        assert_eq!((again.outcome().as_str(), &again.json()["lock"]), ("200", &locked.json()["lock"]), "again");
        let archive = editor.post(&format!("{VERSIONS}/1.0.0/archive"), json!({})).await;
        assert_eq!(archive.outcome(), "409 version_locked");
        assert_eq!(editor.get(&format!("{VERSIONS}/1.0.0")).await.json()["archived"], false);
        assert_eq!(editor.delete(&path).await.outcome(), "405 method_not_allowed", "there is no unlock");
    }

    async fn an_archived_version_or_none_at_all_is_not_locked(db: &Db) {
        let app = TestApp::on(db).await;
        let (editor, approver) = (app.editor().await, app.approver().await);
        editor.push(&[("greeting.txt", "one")]).await;
        editor.post(&format!("{VERSIONS}/1.0.0/archive"), json!({})).await;
        for (version, outcome) in
            [("1.0.0", "409 not_publishable"), ("2.0.0", "404 version_not_found"), ("latest", "404 version_not_found")]
        {
            let reply = approver.post(&format!("{VERSIONS}/{version}/lock"), json!({})).await;
            assert_eq!(reply.outcome(), outcome, "{version}");
        }
    }

    async fn no_move_takes_a_guarded_alias_to_an_unlocked_version(db: &Db) {
        let app = TestApp::on(db).await;
        let (editor, admin) = locked_production(&app).await;
        let before = editor.get(ALIAS).await.json();
        for body in [
            json!({ "version": "1.0.1" }),
            json!({ "version": "latest" }),
            json!({ "version": "1.0.1", "prompt": "greeting" }),
            json!({ "version": "^1", "prompt": "other" }),
        ] {
            let reply = move_alias(&editor, body.clone()).await;
            assert_eq!(reply.outcome(), "409 not_locked", "{body}: {}", reply.text());
            assert!(reply.json()["hint"].as_str().unwrap().contains("lock-version"), "{}", reply.text());
        }
        let named = move_alias(&editor, json!({ "version": "1.0.1" })).await.json()["errors"].clone();
        assert_eq!((&named[0]["path"], &named[1]["path"]), (&json!("greeting"), &json!("other")));

        // A push that would move it makes nothing, and a dry run says so.
        for dry_run in [true, false] {
            let with = json!({ "alias": "production", "dry_run": dry_run });
            let reply = editor.try_push(&[("greeting.txt", "three")], with).await;
            assert_eq!(reply.outcome(), "409 not_locked", "{}", reply.text());
        }
        assert_eq!(editor.get("/api/prompts/greeting/1.0.2").await.outcome(), "404 version_not_found");
        assert_eq!(editor.get(ALIAS).await.json(), before);

        // The control: once locked, the same moves are made.
        lock(&admin, "greeting", "1.0.1").await;
        let one = move_alias(&editor, json!({ "version": "1.0.1", "prompt": "greeting" })).await;
        assert_eq!(one.outcome(), "200", "{}", one.text());
        lock(&admin, "other", "1.0.1").await;
        assert_eq!(move_alias(&editor, json!({ "version": "1.0.1" })).await.outcome(), "200");
    }

    async fn a_rollback_does_not_go_where_a_move_may_not(db: &Db) {
        let app = TestApp::on(db).await;
        let (editor, admin) = (app.editor().await, app.admin().await);
        editor.try_push(&[("greeting.txt", "one")], json!({ "alias": "production" })).await;
        editor.try_push(&[("greeting.txt", "two")], json!({ "alias": "production" })).await;
        lock(&admin, "greeting", "1.0.1").await;
        assert_eq!(admin.put(POLICY, json!({ "locked_only": true })).await.outcome(), "201");
        let rollback = format!("{ALIAS}/rollback");
        assert_eq!(editor.post(&rollback, json!({})).await.outcome(), "409 not_locked");
        lock(&admin, "greeting", "1.0.0").await;
        assert_eq!(editor.post(&rollback, json!({})).await.outcome(), "200");
    }

    async fn a_policy_that_an_alias_breaks_already_is_refused(db: &Db) {
        let app = TestApp::on(db).await;
        let (editor, admin) = (app.editor().await, app.admin().await);
        editor.try_push(&[("greeting.txt", "one")], json!({ "alias": "production" })).await;
        assert_eq!(admin.put(POLICY, json!({ "locked_only": true })).await.outcome(), "409 not_locked");
        assert_eq!(admin.get(POLICY).await.outcome(), "404 environment_not_found");
        assert_eq!(editor.put(POLICY, json!({})).await.outcome(), "403 insufficient_scope");
    }

    async fn a_policy_is_set_shown_and_taken_off(db: &Db) {
        let app = TestApp::on(db).await;
        let (editor, admin) = locked_production(&app).await;
        let list = editor.get("/api/projects/shop/environments").await.json();
        assert_eq!((&list["items"][0]["alias"], &list["items"][0]["locked_only"]), (&json!("production"), &json!(true)));
        assert_eq!(admin.put(POLICY, json!({ "locked_only": true })).await.outcome(), "200", "the same again");
        for (body, outcome) in
            [(json!({ "locked_onyl": true }), "422 unknown_field"), (json!({ "locked_only": "yes" }), "422 wrong_type")]
        {
            assert_eq!(admin.put(POLICY, body).await.outcome(), outcome);
        }
        let cased = "/api/projects/shop/environments/Production";
        assert_eq!(admin.put(cased, json!({})).await.outcome(), "409 name_exists");
        assert_eq!(admin.get(cased).await.outcome(), "404 environment_not_found");
        assert_eq!(admin.delete(POLICY).await.outcome(), "204");
        assert_eq!(admin.delete(POLICY).await.outcome(), "404 environment_not_found");
        assert_eq!(move_alias(&editor, json!({ "version": "1.0.1" })).await.outcome(), "200", "nothing is demanded");
    }

    async fn another_casing_of_its_name_is_no_way_around_a_policy(db: &Db) {
        let app = TestApp::on(db).await;
        let (editor, admin) = (app.editor().await, app.admin().await);
        editor.push(&[("greeting.txt", "one")]).await;
        assert_eq!(admin.put(POLICY, json!({ "locked_only": true })).await.outcome(), "201", "before the alias");
        let cased = editor.put("/api/projects/shop/aliases/Production", json!({ "version": "1.0.0" })).await;
        assert_eq!(cased.outcome(), "409 not_locked");
    }
}
