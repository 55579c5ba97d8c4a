//! API keys: who gets in, and who can make more of them.

use std::net::IpAddr;

use chrono::TimeDelta;
use promptsync_core::access::Role;
use promptsync_testing::{TestApp, db_test};
use serde_json::json;

db_test! {
    async fn whatever_is_wrong_with_a_key_the_answer_is_the_same(db: &Db) {
        let app = TestApp::on(db).await;
        let good = app.key(Role::Viewer, Some("shop")).await;
        let elsewhere = TestApp::new().await.key(Role::Viewer, Some("shop")).await;
        let flipped = format!("{}{}", &good[..good.len() - 1], if good.ends_with('a') { 'b' } else { 'a' });
        let mut bodies = std::collections::BTreeSet::new();
        for wrong in [flipped.as_str(), &good.to_uppercase(), &good[..20], "ps_", "x", "Bearer", &format!(" {good}")] {
            let reply = app.nobody().with_key(wrong).get("/api/whoami").await;
            assert_eq!(reply.outcome(), "401 unauthenticated", "{wrong}");
            assert_eq!(reply.header("www-authenticate"), "Bearer");
            bodies.insert(reply.json()["detail"].to_string());
        }
        assert_eq!(bodies.len(), 1);
        assert!(elsewhere.starts_with("ps_"));
        for header in ["", "Bearer", "Bearer ", "Basic abc", &good] {
            let reply = app.nobody().header("authorization", header).get("/api/whoami").await;
            assert_eq!(reply.outcome(), "401 unauthenticated", "{header}");
        }
        let twice = app.nobody().with_key(&good).header("authorization", &format!("Bearer {good}")).get("/api/whoami").await;
        assert_eq!(twice.outcome(), "401 unauthenticated");
        assert_eq!(app.nobody().with_key(&good).get("/api/whoami").await.outcome(), "200");
    }

    async fn a_key_with_the_right_form_and_the_wrong_secret_is_refused(db: &Db) {
        let app = TestApp::on(db).await;
        app.key(Role::Viewer, Some("shop")).await;
        // Another server makes the same keys from the same seed, but with another secret of its own.
        let stranger = TestApp::new().await;
        stranger.key(Role::Viewer, Some("shop")).await;
        let unknown = stranger.key(Role::Viewer, Some("shop")).await;
        assert_eq!(app.nobody().with_key(&unknown).get("/api/whoami").await.outcome(), "401 unauthenticated");
    }

    async fn a_key_in_the_address_is_refused(db: &Db) {
        let app = TestApp::on(db).await;
        let good = app.key(Role::Viewer, Some("shop")).await;
        for target in [format!("/api/whoami?api_key={good}"), format!("/api/whoami?x={good}"), "/api/whoami?key=1".into()] {
            assert_eq!(app.nobody().get(&target).await.outcome(), "400 key_in_query", "{target}");
            assert_eq!(app.nobody().with_key(&good).get(&target).await.outcome(), "400 key_in_query", "{target}");
        }
    }

    async fn a_revoked_key_opens_nothing_from_the_next_request_on(db: &Db) {
        let app = TestApp::on(db).await;
        let admin = app.admin().await;
        let made = admin.post("/api/keys", json!({ "name": "ci", "role": "editor", "project": "shop" })).await;
        assert_eq!(made.outcome(), "201", "{}", made.text());
        let key = made.json();
        let ci = app.nobody().with_key(key["secret"].as_str().expect("a secret"));
        assert_eq!(ci.get("/api/whoami").await.outcome(), "200");
        let address = made.header("location").to_owned();
        assert_eq!(admin.delete(&address).await.outcome(), "204");
        assert_eq!(ci.get("/api/whoami").await.outcome(), "401 unauthenticated");
        assert_eq!(admin.delete(&address).await.outcome(), "204", "again");
        assert_eq!(admin.delete("/api/keys/01JNONE").await.outcome(), "404 key_not_found");
    }

    async fn a_key_stops_at_its_expiry(db: &Db) {
        let app = TestApp::on(db).await;
        let admin = app.admin().await;
        let make = |at: &str| json!({ "name": "ci", "role": "viewer", "project": "shop", "expires_at": at });
        assert_eq!(admin.post("/api/keys", make("2026-11-01T11:59:59Z")).await.outcome(), "422 invalid");
        let key = admin.post("/api/keys", make("2026-11-01T13:00:00Z")).await.json();
        let ci = app.nobody().with_key(key["secret"].as_str().expect("a secret"));
        assert_eq!(ci.get("/api/whoami").await.outcome(), "200");
        app.clock.advance(TimeDelta::hours(1));
        assert_eq!(ci.get("/api/whoami").await.outcome(), "401 unauthenticated");
    }

    async fn a_list_of_keys_shows_no_secret(db: &Db) {
        let app = TestApp::on(db).await;
        let admin = app.admin().await;
        let made = admin.post("/api/keys", json!({ "name": "ci", "role": "viewer", "project": "shop" })).await.json();
        let secret = made["secret"].as_str().expect("a secret");
        let list = admin.get("/api/keys").await;
        let masked = list.json()["items"][1]["masked"].as_str().expect("a masked key").to_owned();
        assert_eq!(masked, format!("ps_{}…{}", &secret[3..7], &secret[secret.len() - 4..]));
        assert!(!list.text().contains(&secret[16..30]), "{}", list.text());
        let history = admin.get("/api/projects/shop/history").await;
        assert!(!history.text().contains(&secret[16..30]), "{}", history.text());
    }

    async fn nobody_makes_a_key_that_can_do_more_than_ones_own(db: &Db) {
        let app = TestApp::on(db).await;
        app.key(Role::Viewer, Some("other")).await;
        let admin = app.admin().await;
        for (body, outcome) in [
            (json!({ "name": "all", "role": "viewer" }), "403 insufficient_scope"),
            (json!({ "name": "abroad", "role": "viewer", "project": "other" }), "403 insufficient_scope"),
            (json!({ "name": "nowhere", "role": "viewer", "project": "none" }), "403 insufficient_scope"),
            (json!({ "name": "", "role": "viewer", "project": "shop" }), "422 invalid"),
            (json!({ "name": "x", "role": "root", "project": "shop" }), "422 invalid"),
            (json!({ "name": "peer", "role": "admin", "project": "shop" }), "201"),
        ] {
            assert_eq!(admin.post("/api/keys", body.clone()).await.outcome(), outcome, "{body}");
        }
        let everywhere = app.nobody().with_key(&app.key(Role::Admin, None).await);
        assert_eq!(everywhere.post("/api/keys", json!({ "name": "all", "role": "admin" })).await.outcome(), "201");
        let none = json!({ "name": "x", "role": "viewer", "project": "none" });
        assert_eq!(everywhere.post("/api/keys", none).await.outcome(), "404 project_not_found");
    }

    async fn a_key_does_not_work_before_its_time(db: &Db) {
        let app = TestApp::on(db).await;
        let admin = app.admin().await;
        let wanted = json!({ "name": "ci", "role": "viewer", "project": "shop", "not_before": "2026-11-01T13:00:00Z" });
        let key = admin.post("/api/keys", wanted).await.json();
        let ci = app.nobody().with_key(key["secret"].as_str().expect("a secret"));
        assert_eq!(ci.get("/api/whoami").await.outcome(), "401 unauthenticated");
        app.clock.advance(TimeDelta::hours(1));
        assert_eq!(ci.get("/api/whoami").await.outcome(), "200");
    }

    async fn a_rotated_key_opens_with_both_secrets_until_the_overlap_ends(db: &Db) {
        let app = TestApp::on(db).await;
        let admin = app.admin().await;
        let made = admin.post("/api/keys", json!({ "name": "ci", "role": "viewer", "project": "shop" })).await.json();
        let with = |body: &serde_json::Value| app.nobody().with_key(body["secret"].as_str().expect("a secret"));
        let old = with(&made);
        assert_eq!(old.get("/api/whoami").await.outcome(), "200");
        let address = format!("/api/keys/{}/rotate", made["id"].as_str().expect("an id"));
        let rotated = admin.post(&address, json!({ "overlap_seconds": 60 })).await;
        assert_eq!(rotated.outcome(), "200", "{}", rotated.text());
        let rotated = rotated.json();
        let new = with(&rotated);
        assert_eq!((&rotated["id"], &rotated["previous_until"]), (&made["id"], &json!("2026-11-01T12:01:00Z")));
        assert_ne!(rotated["secret"], made["secret"]);
        for key in [&old, &new] {
            assert_eq!(key.get("/api/whoami").await.outcome(), "200");
        }
        app.clock.advance(TimeDelta::seconds(60));
        assert_eq!(old.get("/api/whoami").await.outcome(), "401 unauthenticated");
        assert_eq!(new.get("/api/whoami").await.outcome(), "200");
        let again = admin.post(&address, json!({})).await.json();
        assert_eq!(new.get("/api/whoami").await.outcome(), "401 unauthenticated", "no overlap was asked for");
        assert_eq!(with(&again).get("/api/whoami").await.outcome(), "200");
        assert_eq!(admin.post(&address, json!({ "overlap_seconds": 9_000_000 })).await.outcome(), "422 invalid");
        assert_eq!(admin.post("/api/keys/01JNONE/rotate", json!({})).await.outcome(), "404 key_not_found");
        admin.delete(&format!("/api/keys/{}", made["id"].as_str().expect("an id"))).await;
        assert_eq!(admin.post(&address, json!({})).await.outcome(), "404 key_not_found", "it is revoked");
    }

    async fn the_last_use_of_a_key_is_shown_to_the_minute(db: &Db) {
        let app = TestApp::on(db).await;
        let admin = app.admin().await;
        app.clock.advance(TimeDelta::seconds(125));
        let last = async || admin.get("/api/keys").await.json()["items"][0]["last_used_at"].clone();
        assert_eq!(last().await, serde_json::Value::Null);
        app.app().write_key_uses().await.expect("uses are written");
        app.app().write_key_uses().await.expect("nothing is left to write");
        // What another server wrote is seen when the key is read again.
        let other = app.nobody().with_key(&app.key(Role::Admin, None).await);
        assert_eq!(other.get("/api/keys").await.json()["items"][0]["last_used_at"], json!("2026-11-01T12:02:00Z"));
    }

    async fn a_key_for_one_alias_lists_no_keys_and_is_shown_to_who_could_have_made_it(db: &Db) {
        let app = TestApp::on(db).await;
        let admin = app.admin().await;
        let wanted = json!({ "name": "app", "role": "viewer", "project": "shop", "environment": "production" });
        let made = admin.post("/api/keys", wanted).await;
        assert_eq!(made.outcome(), "201", "{}", made.text());
        assert_eq!((&made.json()["environment"], &made.json()["module"]), (&json!("production"), &serde_json::Value::Null));
        assert_eq!(made.json()["created_by"]["kind"], json!("service"), "{}", made.text());
        let reader = app.nobody().with_key(made.json()["secret"].as_str().expect("a secret"));
        assert_eq!(reader.get("/api/keys").await.outcome(), "403 insufficient_scope");
        assert_eq!(reader.get("/api/whoami").await.json()["environment"], json!("production"));
        // Whoever administers one alias makes keys for it and for nothing else.
        let keeper = app.in_environment("admin", "production").await;
        let mine = json!({ "name": "app", "role": "viewer", "project": "shop", "environment": "production" });
        assert_eq!(keeper.post("/api/keys", mine).await.outcome(), "201");
        for wider in [
            json!({ "name": "x", "role": "viewer", "project": "shop" }),
            json!({ "name": "x", "role": "viewer" }),
            json!({ "name": "x", "role": "viewer", "project": "shop", "environment": "dev" }),
            json!({ "name": "x", "role": "viewer", "project": "shop", "module": "support" }),
        ] {
            assert_eq!(keeper.post("/api/keys", wider.clone()).await.outcome(), "403 insufficient_scope", "{wider}");
        }
        let both = json!({ "name": "x", "role": "viewer", "project": "shop", "environment": "dev", "module": "support" });
        assert_eq!(admin.post("/api/keys", both).await.outcome(), "422 invalid");
        let listed = keeper.get("/api/keys").await.json();
        let opens: Vec<_> = listed["items"].as_array().expect("a list").iter().map(|key| key["environment"].clone()).collect();
        assert_eq!(opens, vec![json!("production"); 3]);
    }

    async fn an_address_that_guesses_is_stopped_and_others_are_not(db: &Db) {
        let app = TestApp::on(db).await;
        let (guesser, neighbour) = (IpAddr::from([203, 0, 113, 5]), IpAddr::from([203, 0, 113, 6]));
        let key = app.key(Role::Viewer, Some("shop")).await;
        let fresh = app.key(Role::Viewer, Some("shop")).await;
        let right = app.nobody().with_key(&key);
        assert_eq!(right.clone().from_address(guesser).get("/api/whoami").await.outcome(), "200");
        let wrong = app.nobody().with_key("ps_wrong").from_address(guesser).header("x-forwarded-for", "1.2.3.4");
        let mut outcomes = Vec::new();
        for _ in 0..25 {
            outcomes.push(wrong.get("/api/whoami").await.outcome());
        }
        assert!(outcomes[..20].iter().all(|outcome| outcome == "401 unauthenticated"), "{outcomes:?}");
        assert!(outcomes[20..].iter().all(|outcome| outcome == "429 rate_limited"), "{outcomes:?}");
        let seconds: u64 = wrong.get("/api/whoami").await.header("retry-after").parse().expect("seconds");
        assert!((1..=60).contains(&seconds));
        // A key this server does not know yet is not looked up for that address; from another it works.
        let fresh = app.nobody().with_key(&fresh);
        assert_eq!(fresh.clone().from_address(guesser).get("/api/whoami").await.outcome(), "429 rate_limited");
        assert_eq!(fresh.from_address(neighbour).get("/api/whoami").await.outcome(), "200");
        assert_eq!(right.from_address(guesser).get("/api/whoami").await.outcome(), "200");
    }
}
