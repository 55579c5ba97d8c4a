//! Signing in on a device without a browser.

use chrono::TimeDelta;
use promptsync_testing::{Person, TestApp, db_test};
use serde_json::{Value, json};

async fn codes(app: &TestApp) -> Value {
    app.nobody().post("/api/auth/device", json!({})).await.json()
}

fn decision(codes: &Value, decision: &str) -> Value {
    json!({ "user_code": codes["user_code"], "decision": decision })
}

fn question(codes: &Value) -> Value {
    json!({ "device_code": codes["device_code"], "client": "build machine" })
}

db_test! {
    async fn a_device_signs_in_as_whoever_enters_its_code(db: &Db) {
        let app = TestApp::on(db).await;
        let operator = app.set_up().await;
        let codes = codes(&app).await;
        assert_eq!((codes["expires_in"].as_i64(), codes["interval"].as_i64()), (Some(600), Some(5)));
        assert_eq!(app.nobody().post("/api/auth/token", question(&codes)).await.outcome(), "400 authorization_pending");
        let slow = app.nobody().post("/api/auth/token", question(&codes)).await;
        assert_eq!((slow.outcome().as_str(), slow.header("retry-after")), ("400 slow_down", "5"));
        assert_eq!(app.nobody().post("/api/auth/device/decision", decision(&codes, "approve")).await.outcome(), "401 unauthenticated");
        let typed = codes["user_code"].as_str().expect("a code").to_lowercase().replace('-', " ");
        let approve = json!({ "user_code": typed, "decision": "approve" });
        assert_eq!(operator.caller.post("/api/auth/device/decision", approve.clone()).await.outcome(), "204");
        assert_eq!(operator.caller.post("/api/auth/device/decision", approve).await.outcome(), "409 conflict");
        // Another server: it has not seen the device ask.
        let other = TestApp::beside(db, &[]).await;
        let machine = Person::from(&other, &other.nobody().post("/api/auth/token", question(&codes)).await);
        assert_eq!(machine.caller.get("/api/whoami").await.json()["name"], "Olga");
        let again = TestApp::beside(db, &[]).await.nobody().post("/api/auth/token", question(&codes)).await;
        assert_eq!(again.outcome(), "400 bad_code", "a code opens one session");
        let list = operator.caller.get("/api/auth/sessions").await.text();
        assert!(list.contains("build machine"), "{list}");
    }

    async fn a_device_that_was_refused_or_came_too_late_stays_out(db: &Db) {
        let app = TestApp::on(db).await;
        let operator = app.set_up().await;
        let refused = codes(&app).await;
        assert_eq!(operator.caller.post("/api/auth/device/decision", decision(&refused, "deny")).await.outcome(), "204");
        assert_eq!(app.nobody().post("/api/auth/token", question(&refused)).await.outcome(), "400 access_denied");
        let late = codes(&app).await;
        assert_eq!(operator.caller.post("/api/auth/device/decision", decision(&late, "approve")).await.outcome(), "204");
        app.clock.advance(TimeDelta::minutes(10));
        assert_eq!(app.nobody().post("/api/auth/token", question(&late)).await.outcome(), "400 code_expired");
        app.clock.advance(TimeDelta::minutes(11));
        let operator = app.sign_in(promptsync_testing::people::OPERATOR).await;
        let reply = operator.caller.post("/api/auth/device/decision", decision(&late, "approve")).await;
        assert_eq!(reply.outcome(), "400 bad_code");
    }

    async fn codes_that_this_server_did_not_make_are_none(db: &Db) {
        let app = TestApp::on(db).await;
        let operator = app.set_up().await;
        let good = codes(&app).await;
        let code = good["device_code"].as_str().expect("a code");
        let changed = format!("{}{}", if code.starts_with('A') { 'B' } else { 'A' }, &code[1..]);
        for bad in ["", "x", &changed, &code[..60], &"A".repeat(4000)] {
            let reply = app.nobody().post("/api/auth/token", json!({ "device_code": bad })).await;
            assert_eq!(reply.outcome(), "400 bad_code", "{bad}");
        }
        let user_code = good["user_code"].as_str().expect("a code").to_owned();
        let mistyped = format!("{}{}", if user_code.starts_with('B') { 'C' } else { 'B' }, &user_code[1..]);
        for bad in ["", "BBBBB-BBBB", "aeiou-aeiou", "BBBBB-BBBBB-B", &mistyped] {
            let request = json!({ "user_code": bad, "decision": "approve" });
            let reply = operator.caller.post("/api/auth/device/decision", request).await;
            assert_eq!(reply.outcome(), "400 bad_code", "{bad}");
        }
        let by_key = app.admin().await.post("/api/auth/device/decision", decision(&good, "approve")).await;
        assert_eq!(by_key.outcome(), "403 insufficient_scope", "a key approves nothing");
    }
}
