//! People in a workspace: members, teams, roles, and what changes for them when those change.

use promptsync_core::access::Role;
use promptsync_testing::{Person, TestApp, a_key, db_test, people::OPERATOR};
use serde_json::json;

const EVA: &str = "eva@example.com";

/// A workspace with a project `shop`, its operator, and somebody who may nothing yet.
async fn people(app: &TestApp) -> (Person, Person) {
    app.editor().await.push(&[("greeting.txt", "Hi"), ("support/mail.txt", "Hello")]).await;
    let olga = app.set_up().await;
    let eva = app.invite(&olga, EVA, "viewer").await;
    let given = olga.caller.get("/api/bindings").await.json();
    let items = given["items"].as_array().expect("a list").clone();
    let own = items.iter().find(|binding| binding["user"] == EVA).expect("what she was invited with");
    let taken = olga.caller.delete(&format!("/api/bindings/{}", own["id"].as_str().expect("an id"))).await;
    assert_eq!(taken.outcome(), "204", "{}", taken.text());
    (olga, eva)
}

async fn give(olga: &Person, role: serde_json::Value) -> String {
    let given = olga.caller.post("/api/bindings", role).await;
    assert_eq!(given.outcome(), "201", "{}", given.text());
    format!("/api/bindings/{}", given.json()["id"].as_str().expect("an id"))
}

db_test! {
    async fn a_role_given_or_taken_holds_with_the_next_request(db: &Db) {
        let app = TestApp::on(db).await;
        let (olga, eva) = people(&app).await;
        let read = async |target: &str| eva.caller.get(target).await.outcome();
        assert_eq!(read("/api/prompts/mail/latest?project=shop").await, "404 project_not_found");
        let module = json!({ "role": "viewer", "user": EVA, "project": "shop", "module": "support" });
        let given = give(&olga, module).await;
        assert_eq!(read("/api/prompts/mail/latest?project=shop").await, "200");
        assert_eq!(read("/api/prompts/greeting/latest?project=shop").await, "403 insufficient_scope");
        assert_eq!(olga.caller.delete(&given).await.outcome(), "204");
        assert_eq!(read("/api/prompts/mail/latest?project=shop").await, "404 project_not_found");
        assert_eq!(olga.caller.delete(&given).await.outcome(), "404 binding_not_found");
    }

    async fn a_team_carries_its_roles_to_its_members(db: &Db) {
        let app = TestApp::on(db).await;
        let (olga, eva) = people(&app).await;
        let may = async || eva.caller.get("/api/projects").await.outcome();
        assert_eq!(olga.caller.post("/api/teams", json!({ "name": "support" })).await.outcome(), "201");
        assert_eq!(olga.caller.post("/api/teams", json!({ "name": "Support" })).await.outcome(), "409 name_exists");
        give(&olga, json!({ "role": "viewer", "team": "support", "project": "shop" })).await;
        assert_eq!(may().await, "403 insufficient_scope");
        let added = olga.caller.post("/api/teams/support/members", json!({ "email": "EVA@example.com" })).await;
        assert_eq!((added.outcome().as_str(), &added.json()["members"]), ("200", &json!([EVA])));
        assert_eq!(may().await, "200");
        assert_eq!(olga.caller.delete(&format!("/api/teams/support/members/{EVA}")).await.outcome(), "204");
        assert_eq!(may().await, "403 insufficient_scope");
        olga.caller.post("/api/teams/support/members", json!({ "email": EVA })).await;
        assert_eq!(olga.caller.delete("/api/teams/support").await.outcome(), "204");
        assert_eq!(may().await, "403 insufficient_scope");
        let nobody = olga.caller.post("/api/teams", json!({ "name": "other" })).await;
        assert_eq!(nobody.outcome(), "201");
        let unknown = json!({ "email": "nobody@example.com" });
        assert_eq!(olga.caller.post("/api/teams/other/members", unknown).await.outcome(), "404 member_not_found");
    }

    async fn a_role_of_ones_own_changes_for_everybody_who_has_it(db: &Db) {
        let app = TestApp::on(db).await;
        let (olga, eva) = people(&app).await;
        let role = json!({ "name": "mover", "permissions": ["read"] });
        assert_eq!(olga.caller.post("/api/roles", role.clone()).await.outcome(), "201");
        assert_eq!(olga.caller.post("/api/roles", role).await.outcome(), "409 name_exists");
        for (bad, outcome) in [
            (json!({ "name": "admin", "permissions": ["read"] }), "422 name"),
            (json!({ "name": "x y", "permissions": ["read"] }), "422 name"),
            (json!({ "name": "x", "permissions": ["everything"] }), "422 invalid"),
        ] {
            assert_eq!(olga.caller.post("/api/roles", bad.clone()).await.outcome(), outcome, "{bad}");
        }
        let given = give(&olga, json!({ "role": "mover", "user": EVA, "project": "shop" })).await;
        let key = app.nobody().with_key(&app.key_in(None, a_key("mover")).await);
        let archive = "/api/projects/shop/prompts/greeting/versions/1.0.0/restore";
        assert_eq!(eva.caller.post(archive, json!({})).await.outcome(), "403 insufficient_scope");
        assert_eq!(key.post(archive, json!({})).await.outcome(), "403 insufficient_scope");
        let edit = json!({ "permissions": ["read", "publish"] });
        assert_eq!(olga.caller.put("/api/roles/mover", edit).await.json()["permissions"], json!(["read", "publish"]));
        assert_eq!(eva.caller.post(archive, json!({})).await.outcome(), "200");
        assert_eq!(key.post(archive, json!({})).await.outcome(), "200");
        assert_eq!(olga.caller.delete("/api/roles/mover").await.outcome(), "409 in_use");
        olga.caller.delete(&given).await;
        assert_eq!(olga.caller.delete("/api/roles/mover").await.outcome(), "409 in_use", "the key still has it");
        let listed = olga.caller.get("/api/keys").await.json();
        let id = listed["items"].as_array().expect("a list").iter().find(|key| key["role"] == "mover").expect("the key")["id"].clone();
        olga.caller.delete(&format!("/api/keys/{}", id.as_str().expect("an id"))).await;
        assert_eq!(olga.caller.delete("/api/roles/mover").await.outcome(), "204");
        assert_eq!(olga.caller.delete("/api/roles/mover").await.outcome(), "404 role_not_found");
        assert_eq!(olga.caller.put("/api/roles/viewer", json!({})).await.outcome(), "404 role_not_found", "it is built in");
        let names: Vec<_> = olga.caller.get("/api/roles").await.json()["items"].as_array().expect("a list").iter().map(|role| role["name"].clone()).collect();
        assert_eq!(names, ["viewer", "editor", "approver", "admin"]);
    }

    async fn nobody_gives_more_than_they_have(db: &Db) {
        let app = TestApp::on(db).await;
        let (olga, eva) = people(&app).await;
        let manager = json!({ "name": "hr", "permissions": ["read", "manage_members"] });
        assert_eq!(olga.caller.post("/api/roles", manager).await.outcome(), "201");
        let admins = json!({ "name": "admins" });
        olga.caller.post("/api/teams", admins).await;
        let to_admins = give(&olga, json!({ "role": "admin", "team": "admins" })).await;
        give(&olga, json!({ "role": "hr", "user": EVA })).await;
        for (method, target, body) in [
            ("POST", "/api/bindings".to_owned(), json!({ "role": "admin", "user": EVA })),
            ("POST", "/api/bindings".into(), json!({ "role": "editor", "user": EVA, "project": "shop" })),
            ("POST", "/api/roles".into(), json!({ "name": "root", "permissions": ["publish"] })),
            ("PUT", "/api/roles/hr".into(), json!({ "permissions": ["read", "manage_members", "manage_keys"] })),
            ("POST", "/api/teams/admins/members".into(), json!({ "email": EVA })),
            ("DELETE", to_admins, json!(null)),
            ("DELETE", format!("/api/members/{OPERATOR}"), json!(null)),
        ] {
            let reply = match method {
                "POST" => eva.caller.post(&target, body).await,
                "PUT" => eva.caller.put(&target, body).await,
                _ => eva.caller.delete(&target).await,
            };
            assert_eq!(reply.outcome(), "403 insufficient_scope", "{method} {target}");
        }
        assert_eq!(eva.caller.post("/api/bindings", json!({ "role": "hr", "user": EVA, "project": "shop" })).await.outcome(), "201");
        let neither = json!({ "role": "hr" });
        assert_eq!(eva.caller.post("/api/bindings", neither).await.outcome(), "422 invalid");
    }

    async fn the_last_admin_stays(db: &Db) {
        let app = TestApp::on(db).await;
        let (olga, eva) = people(&app).await;
        let given = olga.caller.get("/api/bindings").await.json();
        let own = format!("/api/bindings/{}", given["items"][0]["id"].as_str().expect("an id"));
        assert_eq!((&given["items"][0]["user"], &given["items"][0]["role"]), (&json!(OPERATOR), &json!("admin")));
        assert_eq!(olga.caller.delete(&own).await.outcome(), "409 last_admin");
        assert_eq!(olga.caller.delete(&format!("/api/members/{OPERATOR}")).await.outcome(), "409 last_admin");
        olga.caller.post("/api/teams", json!({ "name": "admins" })).await;
        give(&olga, json!({ "role": "admin", "team": "admins" })).await;
        assert_eq!(olga.caller.delete(&own).await.outcome(), "409 last_admin", "the team is empty");
        olga.caller.post("/api/teams/admins/members", json!({ "email": EVA })).await;
        assert_eq!(olga.caller.delete(&own).await.outcome(), "204");
        assert_eq!(olga.caller.get("/api/members").await.outcome(), "403 insufficient_scope");
        for target in ["/api/teams/admins", &format!("/api/teams/admins/members/{EVA}")] {
            assert_eq!(eva.caller.delete(target).await.outcome(), "409 last_admin", "{target}");
        }
    }

    async fn whoever_leaves_the_workspace_is_out_with_the_next_request(db: &Db) {
        let app = TestApp::on(db).await;
        let (olga, eva) = people(&app).await;
        give(&olga, json!({ "role": "viewer", "user": EVA })).await;
        assert_eq!(eva.caller.get("/api/projects").await.outcome(), "200");
        assert_eq!(olga.caller.delete(&format!("/api/members/{EVA}")).await.outcome(), "204");
        assert!(matches!(eva.caller.get("/api/projects").await.status, 401 | 403));
        assert_eq!(olga.caller.delete(&format!("/api/members/{EVA}")).await.outcome(), "404 member_not_found");
        assert_eq!(olga.caller.post("/api/members", json!({ "email": "none@example.com" })).await.outcome(), "404 user_not_found");
        let back = olga.caller.post("/api/members", json!({ "email": EVA })).await;
        assert_eq!(back.outcome(), "201", "{}", back.text());
        assert_eq!(olga.caller.post("/api/members", json!({ "email": EVA })).await.outcome(), "200", "again");
        assert!(matches!(eva.caller.get("/api/projects").await.status, 401 | 403), "what she was given does not come back");
    }

    async fn workspaces_are_made_by_the_operator_alone(db: &Db) {
        let app = TestApp::on(db).await;
        let (olga, eva) = people(&app).await;
        give(&olga, json!({ "role": "admin", "user": EVA })).await;
        let named = json!({ "name": "acme" });
        assert_eq!(eva.caller.post("/api/workspaces", named.clone()).await.outcome(), "403 insufficient_scope");
        let key = app.nobody().with_key(&app.key(Role::Admin, None).await);
        assert_eq!(key.post("/api/workspaces", named.clone()).await.outcome(), "403 insufficient_scope");
        let made = olga.caller.post("/api/workspaces", named).await;
        assert_eq!(made.outcome(), "201", "{}", made.text());
        assert_eq!(olga.caller.post("/api/workspaces", json!({ "name": "ACME" })).await.outcome(), "409 name_exists");
        let mine = olga.caller.get("/api/workspaces").await.json();
        let shown: Vec<_> = mine["items"].as_array().expect("a list").iter().map(|one| (one["name"].clone(), one["current"].clone())).collect();
        assert_eq!(shown, [(json!("default"), json!(true)), (json!("acme"), json!(false))]);
        assert_eq!(eva.caller.get("/api/workspaces").await.json()["items"].as_array().map(Vec::len), Some(1));
        let id = made.json()["id"].as_str().expect("an id").to_owned();
        let rename = json!({ "name": "apex" });
        assert_eq!(eva.caller.put(&format!("/api/workspaces/{id}"), rename.clone()).await.outcome(), "404 workspace_not_found");
        assert_eq!(eva.caller.put("/api/workspaces/default", json!({ "name": "acme" })).await.outcome(), "409 name_exists");
        let renamed = eva.caller.put("/api/workspaces/default", rename).await;
        assert_eq!(renamed.json()["name"], json!("apex"), "{}", renamed.text());
        let admin = app.nobody().with_key(&app.key_in(Some("acme"), a_key("admin")).await);
        assert_eq!(admin.get("/api/members").await.json()["items"][0]["email"], json!(OPERATOR));
        assert_eq!(admin.get("/api/bindings").await.json()["items"][0]["role"], json!("admin"));
    }
}
