//! Signing in: the first user, passwords, who is let in and who is not.

use std::net::IpAddr;

use promptsync_testing::{
    Person, TestApp, db_test,
    people::{OPERATOR, PASSWORD},
};
use serde_json::{Value, json};

fn login(email: &str, password: &str) -> Value {
    json!({ "email": email, "password": password })
}

db_test! {
    async fn the_set_up_link_makes_the_first_user_and_then_never_works_again(db: &Db) {
        let app = TestApp::on(db).await;
        let token = app.set_up_token().await;
        assert_eq!(token, TestApp::on(db).await.set_up_token().await, "a restart does not spoil the link");
        let request = |token: &Value| json!({ "token": token, "email": OPERATOR, "password": PASSWORD });
        let wrong = format!("{}A", &token[..token.len() - 1]);
        for bad in [json!(null), json!(""), json!([token]), json!({}), json!(1), json!(wrong), json!("é")] {
            let reply = app.nobody().post("/api/auth/setup", request(&bad)).await;
            assert_eq!(reply.outcome(), "400 bad_code", "{bad}");
        }
        let without = app.nobody().post("/api/auth/setup", json!({ "email": OPERATOR, "password": PASSWORD })).await;
        assert_eq!(without.outcome(), "400 bad_code");
        let weak = json!({ "token": token, "email": OPERATOR, "password": "password1" });
        assert_eq!(app.nobody().post("/api/auth/setup", weak).await.outcome(), "422 weak_password");

        let operator = Person::from(&app, &app.nobody().post("/api/auth/setup", request(&json!(token))).await);
        let me = operator.caller.get("/api/whoami").await.json();
        assert_eq!(me["permissions"].as_array().map(Vec::len), Some(14), "{me}");
        assert_eq!(app.app().set_up_link().await.expect("an answer"), None);
        for token in [json!(token), json!(null), json!("x")] {
            let again = json!({ "token": token, "email": "eve@example.com", "password": PASSWORD });
            assert_eq!(app.nobody().post("/api/auth/setup", again).await.outcome(), "409 set_up_done", "{token}");
        }
        let options = app.nobody().get("/api/auth/options").await.json();
        assert_eq!(options, json!({ "set_up_needed": false, "passwords": true, "provider": false }));
    }

    async fn of_two_who_use_the_set_up_link_at_once_one_wins(db: &Db) {
        let app = TestApp::on(db).await;
        let token = app.set_up_token().await;
        let request = |email: &str| json!({ "token": token, "email": email, "password": PASSWORD });
        let (one, other) = (app.nobody(), app.nobody());
        let (one, other) = tokio::join!(
            one.post("/api/auth/setup", request("ann@example.com")),
            other.post("/api/auth/setup", request("bob@example.com")),
        );
        let mut outcomes = [one.outcome(), other.outcome()];
        outcomes.sort();
        assert_eq!(outcomes, ["200", "409 set_up_done"]);
    }

    async fn there_is_no_account_before_the_first_user(db: &Db) {
        let app = TestApp::on(db).await;
        for (email, password) in [("admin", "admin"), ("admin@localhost", "admin"), ("root@localhost", "password"), ("", "")] {
            let reply = app.nobody().post("/api/auth/login", login(email, password)).await;
            assert_eq!(reply.outcome(), "401 wrong_credentials", "{email}");
        }
    }

    async fn a_password_opens_a_session_whatever_the_spelling_of_the_address(db: &Db) {
        let app = TestApp::on(db).await;
        app.set_up().await;
        for email in [OPERATOR, "OLGA@Example.COM", " olga@example.com "] {
            let person = Person::from(&app, &app.nobody().post("/api/auth/login", login(email, PASSWORD)).await);
            assert_eq!(person.caller.get("/api/whoami").await.json()["name"], "Olga");
        }
        let wrong = app.nobody().post("/api/auth/login", login(OPERATOR, "wrong horse battery")).await;
        let unknown = app.nobody().post("/api/auth/login", login("nobody@example.com", PASSWORD)).await;
        assert_eq!(wrong.outcome(), "401 wrong_credentials");
        assert_eq!((wrong.outcome(), &wrong.json()["detail"]), (unknown.outcome(), &unknown.json()["detail"]));
        let elsewhere = json!({ "email": OPERATOR, "password": PASSWORD, "workspace": "another" });
        assert_eq!(app.nobody().post("/api/auth/login", elsewhere).await.outcome(), "403 not_a_member");
    }

    async fn guessing_is_slowed_down_for_the_guesser_and_not_for_the_owner(db: &Db) {
        let app = TestApp::on(db).await;
        app.set_up().await;
        let guesser = app.nobody().from_address(IpAddr::from([10, 0, 0, 1]));
        let mut outcomes = Vec::new();
        for spelling in [OPERATOR, "OLGA@example.com", " olga@example.com", "olga@EXAMPLE.com", OPERATOR, OPERATOR] {
            outcomes.push(guesser.post("/api/auth/login", login(spelling, "wrong")).await.outcome());
        }
        assert_eq!(outcomes[..5], ["401 wrong_credentials"; 5]);
        assert_eq!(outcomes[5], "429 rate_limited");
        let right = guesser.post("/api/auth/login", login(OPERATOR, PASSWORD)).await;
        assert_eq!(right.outcome(), "429 rate_limited");
        assert!(right.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds <= 2));
        let owner = app.nobody().from_address(IpAddr::from([10, 0, 0, 2]));
        assert_eq!(owner.post("/api/auth/login", login(OPERATOR, PASSWORD)).await.outcome(), "200");
    }

    async fn with_passwords_off_no_way_in_takes_one(db: &Db) {
        let app = TestApp::on(db).await;
        let operator = app.set_up().await;
        let invited = operator.caller.post("/api/invitations", json!({ "email": "ann@example.com", "role": "viewer" })).await.json();
        app.invite(&operator, "bob@example.com", "viewer").await;
        let reset = operator.caller.post("/api/resets", json!({ "email": "bob@example.com" })).await.json();
        let off = TestApp::beside(db, &[("PROMPTSYNC_PASSWORD_LOGIN", "false")]).await;
        let (token, reset) = (&invited["token"], &reset["token"]);
        for (path, body) in [
            ("login", login(OPERATOR, PASSWORD)),
            ("invitation", json!({ "token": token, "password": PASSWORD })),
            ("reset", json!({ "token": reset, "email": "bob@example.com", "password": PASSWORD })),
            ("refresh", json!({ "refresh_token": operator.refresh })),
        ] {
            let reply = off.nobody().post(&format!("/api/auth/{path}"), body).await;
            assert_eq!(reply.outcome(), "403 sign_in_off", "{path}");
        }
        let caller = off.nobody().with_key(operator.caller.key());
        assert_eq!(caller.get("/api/whoami").await.outcome(), "403 sign_in_off");
        assert_eq!(caller.post("/api/resets", json!({ "email": "bob@example.com" })).await.outcome(), "403 sign_in_off");
    }

    async fn every_sign_in_is_in_the_audit_log_without_its_secrets(db: &Db) {
        let app = TestApp::on(db).await;
        let operator = app.set_up().await;
        app.sign_in(OPERATOR).await;
        let mut tx = db.begin_system_read().await.expect("a transaction");
        let workspace = promptsync_store::workspaces::list(&mut tx).await.expect("a list").remove(0).id;
        let entries = promptsync_store::audit::since(&mut tx, &workspace, 0, 100).await.expect("entries");
        let text = serde_json::to_string(&entries).expect("JSON");
        let actions: Vec<_> = entries.iter().map(|entry| entry.entry.action.as_str()).collect();
        assert!(actions.ends_with(&["server.set_up", "session.open"]), "{actions:?}");
        for secret in [PASSWORD, operator.caller.key(), &operator.refresh, "$argon2id"] {
            assert!(!text.contains(secret), "{secret}");
        }
    }
}

#[tokio::test]
async fn the_pages_load_only_their_own_script_and_style() {
    let app = TestApp::new().await;
    for page in ["/", "/setup", "/device", "/invitation", "/?next=//evil.example"] {
        let reply = app.nobody().get(page).await;
        assert_eq!((reply.status, reply.header("location")), (200, ""), "{page}");
        let policy = reply.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "form-action 'self'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(policy.contains(part), "{page}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{page}: {policy}");
        assert!(reply.header("content-type").starts_with("text/html"), "{page}");
        for asset in ["/assets/pages.js", "/assets/pages.css"] {
            assert!(reply.text().contains(asset), "{page}");
            assert_eq!(app.nobody().get(asset).await.status, 200);
        }
    }
}
