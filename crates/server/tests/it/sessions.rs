//! Sessions: renewed, stolen, ended; and what a token alone is worth.

use chrono::TimeDelta;
use hyper::Method;
use promptsync_core::{
    audit::{Actor, AuditEntry},
    ids::{UserId, WorkspaceId},
    time::Clock as _,
};
use promptsync_store::{Db, members, users};
use promptsync_testing::{
    Caller, FixedClock, Person, TestApp, db_test,
    people::{OPERATOR, PASSWORD},
};
use serde_json::json;

/// Changes something outside of the application, as another server would.
async fn elsewhere(db: &Db, workspace: &str, change: impl AsyncFnOnce(&mut promptsync_store::Tx)) {
    let mut tx = db.begin_system_write().await.expect("a transaction");
    change(&mut tx).await;
    let entry = AuditEntry {
        action: "test.change".into(),
        actor: Actor::System,
        address: None,
        on_behalf_of: None,
        project: None,
        target: "test".into(),
        before: None,
        after: None,
        reason: None,
        request_id: None,
        details: serde_json::Map::new(),
        at: FixedClock::default().now(),
    };
    tx.commit(&WorkspaceId::new(workspace), entry).await.expect("a commit");
}

fn browser(app: &TestApp) -> Caller {
    app.nobody().header("origin", "http://test").header("x-promptsync", "1")
}

async fn renew(app: &TestApp, refresh: &str) -> promptsync_testing::Reply {
    app.nobody().post("/api/auth/refresh", json!({ "refresh_token": refresh })).await
}

db_test! {
    async fn a_session_is_renewed_and_its_old_token_is_worth_nothing(db: &Db) {
        let app = TestApp::on(db).await;
        let first = app.set_up().await;
        let second = Person::from(&app, &renew(&app, &first.refresh).await);
        assert_ne!(first.refresh, second.refresh);
        assert_eq!(second.caller.get("/api/whoami").await.outcome(), "200");
        for bad in ["", "x", "psr_", &second.refresh[..20], &format!("{}A", second.refresh), first.caller.key()] {
            assert_eq!(renew(&app, bad).await.outcome(), "401 session_ended", "{bad}");
        }
    }

    async fn whoever_uses_a_replaced_token_ends_the_session_for_both(db: &Db) {
        let app = TestApp::on(db).await;
        let first = app.set_up().await;
        let second = Person::from(&app, &renew(&app, &first.refresh).await);
        app.clock.advance(TimeDelta::seconds(11));
        assert_eq!(renew(&app, &first.refresh).await.outcome(), "401 session_ended");
        assert_eq!(renew(&app, &second.refresh).await.outcome(), "401 session_ended");
        assert_eq!(second.caller.get("/api/whoami").await.outcome(), "401 session_ended");
        assert_eq!(app.sign_in(OPERATOR).await.caller.get("/api/whoami").await.outcome(), "200");
    }

    async fn two_tabs_that_renew_at_once_stay_signed_in(db: &Db) {
        let app = TestApp::on(db).await;
        let first = app.set_up().await;
        let (one, other) = tokio::join!(renew(&app, &first.refresh), renew(&app, &first.refresh));
        let tokens: Vec<_> = [&one, &other].map(|reply| reply.json()["refresh_token"].clone()).into();
        assert_eq!((one.status, other.status), (200, 200), "{} {}", one.text(), other.text());
        assert_eq!(tokens.iter().filter(|token| token.is_string()).count(), 1, "one of them is the newest");
        let newest = tokens.iter().find_map(|token| token.as_str()).expect("one");
        assert_eq!(renew(&app, newest).await.outcome(), "200");
    }

    async fn an_access_token_works_five_minutes_and_a_session_as_long_as_it_is_used(db: &Db) {
        let app = TestApp::on(db).await;
        app.set_up().await;
        let login = json!({ "email": OPERATOR, "password": PASSWORD, "kind": "browser" });
        let reply = browser(&app).post("/api/auth/login", login).await;
        let person = Person::from(&app, &reply);
        let cookie = |reply: &promptsync_testing::Reply| {
            reply.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
        };
        let mut held = cookie(&reply);
        assert!(held.starts_with("__Host-promptsync=psr_"), "{held}");
        assert!(person.refresh.is_empty(), "scripts never see it");
        app.clock.advance(TimeDelta::seconds(361));
        assert_eq!(person.caller.get("/api/whoami").await.outcome(), "401 unauthenticated");
        for minutes in std::iter::once(23).chain(std::iter::repeat_n(29, 23)) {
            app.clock.advance(TimeDelta::minutes(minutes));
            let reply = browser(&app).header("cookie", &held).post("/api/auth/refresh", json!({})).await;
            assert_eq!(reply.outcome(), "200");
            held = cookie(&reply);
        }
        app.clock.advance(TimeDelta::minutes(29));
        let over = browser(&app).header("cookie", &held).post("/api/auth/refresh", json!({})).await;
        assert_eq!(over.outcome(), "401 session_ended", "after twelve hours");
        let person = app.sign_in(OPERATOR).await;
        app.clock.advance(TimeDelta::days(29));
        let person = Person::from(&app, &renew(&app, &person.refresh).await);
        app.clock.advance(TimeDelta::days(2));
        assert_eq!(renew(&app, &person.refresh).await.outcome(), "401 session_ended", "the command line's too");
    }

    async fn a_page_that_wakes_up_with_an_old_token_is_no_guesser(db: &Db) {
        let app = TestApp::on(db).await;
        let person = app.set_up().await;
        app.clock.advance(TimeDelta::hours(1));
        let page = person.caller.from_address(std::net::IpAddr::from([10, 0, 0, 1]));
        for _ in 0..30 {
            assert_eq!(page.get("/api/whoami").await.outcome(), "401 unauthenticated");
        }
        let guesser = page.with_key("x.y.z");
        for _ in 0..20 {
            guesser.get("/api/whoami").await;
        }
        assert_eq!(guesser.get("/api/whoami").await.outcome(), "429 rate_limited");
    }

    async fn a_browsers_idle_session_ends(db: &Db) {
        let app = TestApp::on(db).await;
        app.set_up().await;
        let login = json!({ "email": OPERATOR, "password": PASSWORD, "kind": "browser" });
        let reply = browser(&app).post("/api/auth/login", login).await;
        let cookie = reply.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
        app.clock.advance(TimeDelta::minutes(30));
        let late = browser(&app).header("cookie", &cookie).post("/api/auth/refresh", json!({})).await;
        assert_eq!(late.outcome(), "401 session_ended");
    }

    async fn a_cookie_is_only_taken_from_the_servers_own_pages(db: &Db) {
        let app = TestApp::on(db).await;
        app.set_up().await;
        let login = json!({ "email": OPERATOR, "password": PASSWORD, "kind": "browser" });
        let reply = browser(&app).post("/api/auth/login", login.clone()).await;
        let cookie = reply.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
        let with_cookie = app.nobody().header("cookie", &cookie);
        let foreign = [
            with_cookie.clone(),
            with_cookie.clone().header("x-promptsync", "1"),
            with_cookie.clone().header("origin", "http://test"),
            with_cookie.clone().header("origin", "https://evil.example").header("x-promptsync", "1"),
            with_cookie.clone().header("origin", "null").header("x-promptsync", "1"),
        ];
        for caller in &foreign {
            for path in ["refresh", "logout"] {
                let reply = caller.post(&format!("/api/auth/{path}"), json!({})).await;
                assert_eq!(reply.outcome(), "403 cross_site", "{path}");
            }
            assert_eq!(caller.post("/api/auth/login", login.clone()).await.outcome(), "403 cross_site");
            assert_eq!(caller.get("/api/whoami").await.outcome(), "401 unauthenticated", "a cookie is no key");
        }
        let own = browser(&app).header("cookie", &cookie);
        let out = own.post("/api/auth/logout", json!({})).await;
        assert_eq!(out.outcome(), "204");
        assert!(out.header("set-cookie").contains("Max-Age=0"), "{}", out.header("set-cookie"));
        assert_eq!(own.post("/api/auth/refresh", json!({})).await.outcome(), "401 session_ended");
    }

    async fn people_see_and_end_their_own_sessions_and_no_others(db: &Db) {
        let app = TestApp::on(db).await;
        let operator = app.set_up().await;
        let ann = app.invite(&operator, "ann@example.com", "viewer").await;
        let laptop = app.nobody().post("/api/auth/login", json!({ "email": "ann@example.com", "password": PASSWORD, "client": "laptop" })).await;
        let laptop = Person::from(&app, &laptop);
        let list = ann.caller.get("/api/auth/sessions").await.json();
        let found: Vec<_> = list.as_array().expect("a list").iter().map(|s| (s["client"].as_str().unwrap_or_default(), s["current"] == true)).collect();
        assert_eq!(found, [("laptop", false), ("", true)]);
        let id = list[0]["id"].as_str().expect("an id");
        let target = format!("/api/auth/sessions/{id}");
        assert_eq!(operator.caller.delete(&target).await.outcome(), "404 session_not_found");
        assert_eq!(ann.caller.delete("/api/auth/sessions/x").await.outcome(), "404 session_not_found");
        assert_eq!(laptop.caller.get("/api/whoami").await.outcome(), "200");
        assert_eq!(ann.caller.delete(&target).await.outcome(), "204");
        assert_eq!(laptop.caller.get("/api/whoami").await.outcome(), "401 session_ended");
        assert_eq!(renew(&app, &laptop.refresh).await.outcome(), "401 session_ended");
        assert_eq!(ann.caller.get("/api/whoami").await.outcome(), "200");
        assert_eq!(app.viewer().await.get("/api/auth/sessions").await.outcome(), "403 insufficient_scope", "a key has none");
    }

    async fn who_was_removed_or_switched_off_is_out_though_the_token_is_good(db: &Db) {
        let app = TestApp::on(db).await;
        let operator = app.set_up().await;
        let ann = app.invite(&operator, "ann@example.com", "viewer").await;
        let bob = app.invite(&operator, "bob@example.com", "viewer").await;
        let workspace = ann.answer["workspace"]["id"].as_str().expect("an id").to_owned();
        elsewhere(db, &workspace, async |tx| {
            members::remove(tx, &WorkspaceId::new(&workspace), &UserId::new(ann.id())).await.expect("removed");
            users::set_active(tx, &UserId::new(bob.id()), false).await.expect("switched off");
        }).await;
        // Another server of the same database has nothing in memory.
        let other = TestApp::beside(db, &[]).await;
        for (person, code) in [(&ann, "403 not_a_member"), (&bob, "403 user_inactive")] {
            let caller = other.nobody().with_key(person.caller.key());
            assert_eq!(caller.get("/api/whoami").await.outcome(), code);
            assert_eq!(renew(&other, &person.refresh).await.outcome(), code);
        }
        for email in ["ann@example.com", "bob@example.com"] {
            let reply = other.nobody().post("/api/auth/login", json!({ "email": email, "password": PASSWORD })).await;
            assert_eq!(reply.status, 403, "{email}");
        }
    }

    async fn what_somebody_may_do_is_read_from_the_database(db: &Db) {
        let app = TestApp::on(db).await;
        let operator = app.set_up().await;
        let viewer = app.invite(&operator, "ann@example.com", "viewer").await;
        app.editor().await.push(&[("greeting.txt", "Hi")]).await;
        let read = viewer.caller.get("/api/prompts/greeting/latest?project=shop").await;
        assert_eq!(read.outcome(), "200");
        let push = viewer.caller.post("/api/projects/shop/push", json!({ "files": [] })).await;
        assert_eq!(push.outcome(), "403 insufficient_scope");
        let pushed = operator.caller.post("/api/projects/shop/push", json!({ "files": [{ "path": "a.txt", "content": "A" }] })).await;
        assert_eq!(pushed.outcome(), "200", "{}", pushed.text());
        let key = operator.caller.post("/api/keys", json!({ "name": "ci", "role": "editor" })).await;
        assert_eq!(key.outcome(), "201", "{}", key.text());
    }

    async fn somebody_goes_from_one_workspace_to_another_with_one_session(db: &Db) {
        let app = TestApp::on(db).await;
        let operator = app.set_up().await;
        let second = app.workspace("second").await;
        elsewhere(db, second.as_str(), async |tx| {
            members::insert(tx, &second, &UserId::new(operator.id()), app.clock.now()).await.expect("added");
        }).await;
        let there = app.nobody().post("/api/auth/refresh", json!({ "refresh_token": operator.refresh, "workspace": "second" })).await;
        let there = Person::from(&app, &there);
        assert_eq!(there.answer["workspace"]["name"], "second");
        assert_eq!(there.caller.get("/api/whoami").await.json()["permissions"], json!([]), "a member without a role");
        assert_eq!(there.caller.get("/api/projects").await.outcome(), "403 insufficient_scope");
        assert_eq!(there.caller.get("/api/auth/sessions").await.outcome(), "200");
        assert_eq!(operator.caller.get("/api/whoami").await.outcome(), "401 unauthenticated", "the old token named the first");
        let nowhere = app.nobody().post("/api/auth/refresh", json!({ "refresh_token": there.refresh, "workspace": "third" })).await;
        assert_eq!(nowhere.outcome(), "403 not_a_member");
    }

    async fn whatever_is_wrong_with_a_token_the_answer_is_that_to_a_wrong_key(db: &Db) {
        let app = TestApp::on(db).await;
        let good = app.set_up().await;
        let detail = app.nobody().with_key("ps_x").get("/api/whoami").await.json()["detail"].clone();
        let token = good.caller.key();
        let none = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0";
        let body = token.split('.').nth(1).expect("three parts");
        for bad in ["x", "a.b.c", &format!("{token}x"), &format!("{none}.{body}."), &"A".repeat(9000), &good.refresh] {
            let reply = app.nobody().with_key(bad).send(Method::GET, "/api/whoami", bytes::Bytes::new()).await;
            assert_eq!(reply.outcome(), "401 unauthenticated", "{bad}");
            assert_eq!(reply.json()["detail"], detail);
        }
    }

    async fn a_changed_password_ends_the_other_sessions(db: &Db) {
        let app = TestApp::on(db).await;
        let one = app.set_up().await;
        let other = app.sign_in(OPERATOR).await;
        let change = |current: &str, new: &str| json!({ "current": current, "new": new });
        assert_eq!(one.caller.post("/api/auth/password", change("wrong", "another horse")).await.outcome(), "401 wrong_credentials");
        assert_eq!(one.caller.post("/api/auth/password", change(PASSWORD, "12345678")).await.outcome(), "422 weak_password");
        assert_eq!(one.caller.post("/api/auth/password", change(PASSWORD, "another horse")).await.outcome(), "204");
        assert_eq!(one.caller.get("/api/whoami").await.outcome(), "200");
        assert_eq!(other.caller.get("/api/whoami").await.outcome(), "401 session_ended");
        let old = app.nobody().post("/api/auth/login", json!({ "email": OPERATOR, "password": PASSWORD })).await;
        assert_eq!(old.outcome(), "401 wrong_credentials");
    }
}
