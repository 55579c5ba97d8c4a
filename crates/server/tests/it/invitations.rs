//! Links that work once: invitations, and new passwords.

use chrono::TimeDelta;
use promptsync_testing::{
    Person, TestApp, db_test,
    people::{OPERATOR, PASSWORD},
};
use serde_json::{Value, json};

const ANN: &str = "ann@example.com";

db_test! {
    async fn an_invitation_makes_one_member_once(db: &Db) {
        let app = TestApp::on(db).await;
        let operator = app.set_up().await;
        let made = operator.caller.post("/api/invitations", json!({ "email": ANN, "role": "editor" })).await;
        assert_eq!(made.outcome(), "201");
        let made = made.json();
        let token = made["token"].as_str().expect("a token");
        assert!(made["link"].as_str().is_some_and(|link| link == format!("http://127.0.0.1:7979/invitation#{token}")), "{made}");
        let listed = operator.caller.get("/api/invitations").await.text();
        assert!(listed.contains(ANN) && !listed.contains(token), "{listed}");
        let link = app.nobody().post("/api/auth/link", json!({ "token": token })).await.json();
        assert_eq!(link, json!({ "email": ANN, "workspace": "default", "purpose": "invitation", "known": false }));

        let accept = json!({ "token": token, "name": "Ann", "password": PASSWORD });
        let ann = Person::from(&app, &app.nobody().post("/api/auth/invitation", accept.clone()).await);
        assert_eq!(ann.answer["user"]["name"], "Ann");
        assert!(ann.caller.get("/api/whoami").await.text().contains("publish"));
        assert_eq!(app.nobody().post("/api/auth/invitation", accept).await.outcome(), "400 bad_code");
        assert_eq!(operator.caller.get("/api/invitations").await.json()["items"], json!([]));
    }

    async fn nobody_invites_to_more_than_they_have(db: &Db) {
        let app = TestApp::on(db).await;
        let operator = app.set_up().await;
        let project_admin = app.admin().await;
        let invite = |role: &str, project: Value| json!({ "email": ANN, "role": role, "project": project });
        for (caller, request, outcome) in [
            (&project_admin, invite("admin", json!(null)), "403 insufficient_scope"),
            (&project_admin, invite("viewer", json!(null)), "403 insufficient_scope"),
            (&project_admin, invite("admin", json!("shop")), "201"),
            (&app.editor().await, invite("viewer", json!("shop")), "403 insufficient_scope"),
            (&operator.caller, invite("emperor", json!(null)), "422 invalid"),
            (&operator.caller, invite("viewer", json!("nowhere")), "404 project_not_found"),
            (&operator.caller, json!({ "email": "ann", "role": "viewer" }), "422 email"),
        ] {
            assert_eq!(caller.post("/api/invitations", request.clone()).await.outcome(), outcome, "{request}");
        }
    }

    async fn an_invitation_does_not_open_the_account_that_has_the_address(db: &Db) {
        let app = TestApp::on(db).await;
        let operator = app.set_up().await;
        app.invite(&operator, ANN, "viewer").await;
        let second = app.workspace("second").await;
        let stranger = app.nobody().with_key(&app.key_in(Some("second"), promptsync_testing::app::a_key("admin")).await);
        let made = stranger.post("/api/invitations", json!({ "email": ANN, "role": "viewer" })).await.json();
        let accept = |password: &str| json!({ "token": made["token"], "password": password });
        let wrong = app.nobody().post("/api/auth/invitation", accept("a new password")).await;
        assert_eq!(wrong.outcome(), "401 wrong_credentials");
        let ann = Person::from(&app, &app.nobody().post("/api/auth/invitation", accept(PASSWORD)).await);
        assert_eq!(ann.answer["workspace"]["id"], second.as_str());
        assert_eq!(app.sign_in(ANN).await.answer["workspace"]["name"], "default");
    }

    async fn an_invitation_can_be_withdrawn_and_expires(db: &Db) {
        let app = TestApp::on(db).await;
        let operator = app.set_up().await;
        let made = operator.caller.post("/api/invitations", json!({ "email": ANN, "role": "viewer" })).await.json();
        let target = format!("/api/invitations/{}", made["id"].as_str().expect("an id"));
        assert_eq!(operator.caller.delete(&target).await.outcome(), "204");
        assert_eq!(operator.caller.delete(&target).await.outcome(), "404 invitation_not_found");
        let accept = |token: &Value| json!({ "token": token, "password": PASSWORD });
        assert_eq!(app.nobody().post("/api/auth/invitation", accept(&made["token"])).await.outcome(), "400 bad_code");
        let made = operator.caller.post("/api/invitations", json!({ "email": ANN, "role": "viewer" })).await.json();
        app.clock.advance(TimeDelta::hours(72));
        assert_eq!(app.nobody().post("/api/auth/invitation", accept(&made["token"])).await.outcome(), "400 code_expired");
    }

    async fn a_link_to_a_new_password_works_once_for_its_person_within_15_minutes(db: &Db) {
        let app = TestApp::on(db).await;
        let operator = app.set_up().await;
        let ann = app.invite(&operator, ANN, "viewer").await;
        app.invite(&operator, "bob@example.com", "viewer").await;
        let offer = |email: &str| json!({ "email": email });
        let older = operator.caller.post("/api/resets", offer(ANN)).await.json();
        let made = operator.caller.post("/api/resets", offer(ANN)).await.json();
        let invitation = operator.caller.post("/api/invitations", json!({ "email": ANN, "role": "viewer" })).await.json();
        let reset = |token: Value, email: &str| json!({ "token": token, "email": email, "password": "a new password" });
        let good = made["token"].clone();
        for (token, email) in [
            (json!(null), ANN), (json!(""), ANN), (json!([good]), ANN), (json!({ "$ne": "" }), ANN), (json!(true), ANN),
            (good.clone(), "bob@example.com"), (good.clone(), "nobody@example.com"), (good.clone(), "x"),
            (older["token"].clone(), ANN), (invitation["token"].clone(), ANN), (json!(ann.refresh), ANN),
        ] {
            let reply = app.nobody().post("/api/auth/reset", reset(token.clone(), email)).await;
            assert_eq!(reply.outcome(), "400 bad_code", "{token} {email}");
        }
        let missing = app.nobody().post("/api/auth/reset", json!({ "email": ANN, "password": "a new password" })).await;
        assert_eq!(missing.outcome(), "400 bad_code");
        let not_an_invitation = app.nobody().post("/api/auth/invitation", json!({ "token": good, "password": PASSWORD })).await;
        assert_eq!(not_an_invitation.outcome(), "400 bad_code");

        assert_eq!(app.nobody().post("/api/auth/reset", reset(good.clone(), ANN)).await.outcome(), "200");
        assert_eq!(app.nobody().post("/api/auth/reset", reset(good, ANN)).await.outcome(), "400 bad_code");
        assert_eq!(ann.caller.get("/api/whoami").await.outcome(), "401 session_ended");
        let late = operator.caller.post("/api/resets", offer(ANN)).await.json();
        app.clock.advance(TimeDelta::minutes(16));
        assert_eq!(app.nobody().post("/api/auth/reset", reset(late["token"].clone(), ANN)).await.outcome(), "400 code_expired");
    }

    async fn nobody_takes_over_somebody_who_may_do_more(db: &Db) {
        let app = TestApp::on(db).await;
        let operator = app.set_up().await;
        let admin = app.invite(&operator, "admin@example.com", "admin").await;
        let viewer = app.invite(&operator, ANN, "viewer").await;
        let offer = |email: &str| json!({ "email": email });
        assert_eq!(admin.caller.post("/api/resets", offer(OPERATOR)).await.outcome(), "403 insufficient_scope");
        assert_eq!(admin.caller.post("/api/resets", offer(ANN)).await.outcome(), "200");
        assert_eq!(viewer.caller.post("/api/resets", offer("admin@example.com")).await.outcome(), "403 insufficient_scope");
        assert_eq!(operator.caller.post("/api/resets", offer("admin@example.com")).await.outcome(), "200");
        app.workspace("second").await;
        let stranger = app.nobody().with_key(&app.key_in(Some("second"), promptsync_testing::app::a_key("admin")).await);
        assert_eq!(stranger.post("/api/resets", offer(ANN)).await.outcome(), "404 user_not_found");
        let made = stranger.post("/api/invitations", json!({ "email": ANN, "role": "viewer" })).await.json();
        Person::from(&app, &app.nobody().post("/api/auth/invitation", json!({ "token": made["token"], "password": PASSWORD })).await);
        assert_eq!(stranger.post("/api/resets", offer(ANN)).await.outcome(), "403 insufficient_scope");
        assert_eq!(admin.caller.post("/api/resets", offer(ANN)).await.outcome(), "403 insufficient_scope");
    }

    async fn links_are_made_for_the_public_address_and_not_for_what_a_request_names(db: &Db) {
        let app = TestApp::with(db, &[("PROMPTSYNC_PUBLIC_URL", "https://prompts.example/")]).await;
        let link = app.app().set_up_link().await.expect("an answer").expect("a link");
        assert!(link.starts_with("https://prompts.example/setup#"), "{link}");
        let operator = app.set_up().await;
        let evil = operator.caller.header("host", "evil.example").header("x-forwarded-host", "evil.example");
        let made = evil.post("/api/invitations", json!({ "email": ANN, "role": "viewer" })).await.json();
        assert!(made["link"].as_str().is_some_and(|link| link.starts_with("https://prompts.example/invitation#")), "{made}");
        let device = evil.post("/api/auth/device", json!({})).await.json();
        assert_eq!(device["verification_uri"], "https://prompts.example/device");
    }
}
