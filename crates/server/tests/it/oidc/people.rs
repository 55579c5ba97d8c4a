//! Who comes in by an identity: people who were invited, who linked their account, who are new; and what they may do.

use promptsync_testing::{Person, TestApp, db_test, people::OPERATOR};
use serde_json::{Value, json};

use super::{
    browser::{Asked, Browser},
    double::{Double, SECRET, Script},
};

const PROVISION: (&str, &str) = ("PROMPTSYNC_OIDC_PROVISION", "true");

fn claims(claims: Value) -> Script {
    Script { claims, ..Script::default() }
}

/// What somebody may do, as text.
async fn permissions(person: &Person) -> String {
    let me = person.caller.get("/api/whoami").await;
    if me.outcome() == "403 insufficient_scope" {
        return "[]".to_owned();
    }
    assert_eq!(me.status, 200, "{}", me.text());
    me.json()["permissions"].to_string()
}

async fn signed_in(provider: &Double, app: &TestApp, script: Script) -> Person {
    let mut browser = Browser::default();
    let reply = provider.sign_in(app, &mut browser, script).await;
    assert_eq!(reply.status, 303, "{}", reply.text());
    browser.person(app).await
}

async fn refused(provider: &Double, app: &TestApp, script: Script) -> String {
    let mut browser = Browser::default();
    let reply = provider.sign_in(app, &mut browser, script).await;
    assert!(!browser.is_signed_in());
    reply.outcome()
}

/// Lets somebody who is signed in with a password link who they are at the provider.
async fn link(provider: &Double, app: &TestApp, person: &Person, script: Script) -> String {
    let mut browser = Browser::default();
    provider.says(script);
    let away = browser.post(app, "/api/auth/oidc/link", json!({}), Some(person.caller.key())).await;
    assert_eq!(away.status, 200, "{}", away.text());
    let asked = Asked::at(away.json()["location"].as_str().expect("an address"));
    let code = provider.code_for(&asked);
    let back = [("code", code.as_str()), ("state", asked.get("state")), ("iss", &provider.issuer)];
    let reply = browser.back(app, &back).await;
    assert!(!browser.is_signed_in(), "linking opens no session");
    reply.outcome()
}

db_test! {
    async fn an_equal_address_never_links_anybody(db: &Db) {
        let provider = Double::start().await;
        for settings in [provider.settings(&[]), provider.settings(&[PROVISION])] {
            let app = TestApp::beside(db, &settings).await;
            if app.app().set_up_link().await.expect("an answer").is_some() {
                app.set_up().await;
            }
            for email in [OPERATOR, "OLGA@Example.COM"] {
                let outcome = refused(&provider, &app, claims(json!({ "sub": "mallory", "email": email }))).await;
                assert!(["403 not_invited", "409 email_in_use"].contains(&outcome.as_str()), "{outcome}");
            }
        }
    }

    async fn without_provisioning_nobody_new_comes_in(db: &Db) {
        let provider = Double::start().await;
        let app = TestApp::with(db, &provider.settings(&[])).await;
        assert_eq!(refused(&provider, &app, Script::default()).await, "403 not_invited");
    }

    async fn somebody_new_needs_an_address_the_provider_vouches_for(db: &Db) {
        let provider = Double::start().await;
        let strict = TestApp::with(db, &provider.settings(&[PROVISION])).await;
        for change in [
            json!({ "email_verified": false }),
            json!({ "email_verified": null }),
            json!({ "email_verified": "true" }),
            json!({ "email": null }),
            json!({ "email": "" }),
            json!({ "email": "ann" }),
            json!({ "email": ["ann@example.com"] }),
        ] {
            assert_eq!(refused(&provider, &strict, claims(change.clone())).await, "403 email_unverified", "{change}");
        }
        let trusting = provider.settings(&[PROVISION, ("PROMPTSYNC_OIDC_TRUST_EMAIL", "true")]);
        let trusting = TestApp::beside(db, &trusting).await;
        let denied = claims(json!({ "email_verified": false }));
        assert_eq!(refused(&provider, &trusting, denied).await, "403 email_unverified", "a no is a no");
        let ann = signed_in(&provider, &trusting, claims(json!({ "email_verified": null }))).await;
        assert_eq!(ann.answer["user"]["email"], "ann@example.com");
        // Once known, the address does not matter any more.
        let again = signed_in(&provider, &strict, claims(json!({ "email": "new@example.com", "email_verified": false }))).await;
        assert_eq!((again.id(), &again.answer["user"]["email"]), (ann.id(), &json!("ann@example.com")));
        let namesake = claims(json!({ "sub": "another ann", "email_verified": true }));
        assert_eq!(refused(&provider, &strict, namesake).await, "409 email_in_use");
    }

    async fn groups_give_roles_anew_at_each_sign_in_and_unknown_ones_give_nothing(db: &Db) {
        let provider = Double::start().await;
        let app = TestApp::with(db, &provider.settings(&[PROVISION])).await;
        let groups = |groups: Value| claims(json!({ "groups": groups }));
        let ann = signed_in(&provider, &app, groups(json!(["writers", "strangers"]))).await;
        let may = permissions(&ann).await;
        assert!(may.contains("publish") && !may.contains("manage_members"), "{may}");
        let ann = signed_in(&provider, &app, groups(json!(["platform"]))).await;
        assert!(permissions(&ann).await.contains("manage_members"));
        for nothing in [json!(["Platform"]), json!([]), json!(null), json!("admin"), json!({ "platform": true }), json!([["platform"]])] {
            let ann = signed_in(&provider, &app, groups(nothing.clone())).await;
            assert_eq!(permissions(&ann).await, "[]", "{nothing}");
        }
        let again = signed_in(&provider, &app, groups(json!("writers"))).await;
        assert!(permissions(&again).await.contains("publish"), "one group as a text");
        assert_eq!(again.id(), ann.id());
        // The session from before sees it too: what somebody may do is never in a token.
        assert!(permissions(&ann).await.contains("publish"));
    }

    async fn what_members_gave_is_not_touched_by_groups(db: &Db) {
        let provider = Double::start().await;
        let app = TestApp::with(db, &provider.settings(&[])).await;
        let operator = app.set_up().await;
        let ben = app.invite(&operator, "ben@example.com", "approver").await;
        assert_eq!(link(&provider, &app, &ben, claims(json!({ "sub": "ben" }))).await, "303");
        let ben = signed_in(&provider, &app, claims(json!({ "sub": "ben", "groups": ["platform"] }))).await;
        assert!(permissions(&ben).await.contains("manage_members"));
        let ben = signed_in(&provider, &app, claims(json!({ "sub": "ben", "groups": [] }))).await;
        let may = permissions(&ben).await;
        assert!(may.contains("lock_version") && !may.contains("manage_members"), "{may}");
    }

    async fn an_identity_is_linked_by_whom_it_belongs_to_and_to_one_person(db: &Db) {
        let provider = Double::start().await;
        let app = TestApp::with(db, &provider.settings(&[])).await;
        let operator = app.set_up().await;
        let ben = app.invite(&operator, "ben@example.com", "viewer").await;
        let olga = || claims(json!({ "sub": "olga", "email": null }));
        assert_eq!(refused(&provider, &app, olga()).await, "403 not_invited");
        assert_eq!(link(&provider, &app, &operator, olga()).await, "303");
        assert_eq!(link(&provider, &app, &operator, olga()).await, "303", "twice does no harm");
        assert_eq!(signed_in(&provider, &app, olga()).await.id(), operator.id());
        assert_eq!(link(&provider, &app, &ben, olga()).await, "409 identity_in_use");
        assert_eq!(signed_in(&provider, &app, olga()).await.id(), operator.id());
        // The subject is compared letter by letter.
        assert_eq!(refused(&provider, &app, claims(json!({ "sub": "Olga" }))).await, "403 not_invited");
        assert_eq!(refused(&provider, &app, claims(json!({ "sub": "olga " }))).await, "403 not_invited");
        let key = app.nobody().with_key(operator.caller.key());
        assert_eq!(app.nobody().post("/api/auth/oidc/link", json!({})).await.outcome(), "401 unauthenticated");
        assert_eq!(app.admin().await.post("/api/auth/oidc/link", json!({})).await.outcome(), "403 insufficient_scope");
        let history = key.get("/api/whoami").await;
        assert_eq!(history.status, 200);
    }

    async fn an_invitation_is_accepted_as_who_somebody_is_at_the_provider(db: &Db) {
        let provider = Double::start().await;
        let app = TestApp::with(db, &provider.settings(&[])).await;
        let operator = app.set_up().await;
        let invite = |email: &'static str| { let caller = &operator.caller; async move {
            caller.post("/api/invitations", json!({ "email": email, "role": "editor" })).await.json()["token"].clone()
        } };
        let accept = |token: Value, script: Script| { let (provider, app) = (&provider, &app); async move {
            let mut browser = Browser::default();
            provider.says(script);
            let away = browser.post(app, "/api/auth/oidc/invitation", json!({ "token": token }), None).await;
            if away.status != 200 {
                return (away.outcome(), browser);
            }
            let asked = Asked::at(away.json()["location"].as_str().expect("an address"));
            let code = provider.code_for(&asked);
            let back = [("code", code.as_str()), ("state", asked.get("state")), ("iss", &provider.issuer)];
            (browser.back(app, &back).await.outcome(), browser)
        } };
        for bad in [json!(null), json!(""), json!("psl_x"), json!(["x"])] {
            assert_eq!(accept(bad, Script::default()).await.0, "400 bad_code");
        }
        let token = invite("carl@example.com").await;
        let foreign = app.nobody().header("origin", "https://evil.example").header("x-promptsync", "1");
        let reply = foreign.post("/api/auth/oidc/invitation", json!({ "token": token })).await;
        assert_eq!(reply.outcome(), "403 cross_site");
        let carl = || claims(json!({ "sub": "carl", "email": "another@example.com", "groups": [] }));
        let (outcome, mut browser) = accept(token.clone(), carl()).await;
        assert_eq!(outcome, "303");
        let person = browser.person(&app).await;
        assert_eq!(person.answer["user"]["email"], "carl@example.com", "the address is the invited one");
        assert!(permissions(&person).await.contains("publish"));
        assert_eq!(accept(token, carl()).await.0, "400 bad_code", "once");
        assert_eq!(signed_in(&provider, &app, carl()).await.id(), person.id());
        // An invitation to an address that somebody has here does not give that account away.
        let token = invite(OPERATOR).await;
        assert_eq!(accept(token.clone(), claims(json!({ "sub": "mallory", "email": OPERATOR }))).await.0, "409 email_in_use");
        assert_eq!(refused(&provider, &app, claims(json!({ "sub": "mallory" }))).await, "403 not_invited");
    }

    async fn whoever_was_taken_out_or_switched_off_stays_out(db: &Db) {
        let provider = Double::start().await;
        let app = TestApp::with(db, &provider.settings(&[PROVISION])).await;
        let ann = signed_in(&provider, &app, Script::default()).await;
        let home = app.app().clock.now();
        let workspace = promptsync_core::ids::WorkspaceId::new(ann.answer["workspace"]["id"].as_str().expect("an id"));
        let user = promptsync_core::ids::UserId::new(ann.id());
        let entry = |action: &str| promptsync_core::audit::AuditEntry {
            action: action.into(),
            actor: promptsync_core::audit::Actor::System,
            address: None,
            on_behalf_of: None,
            project: None,
            target: "user".into(),
            before: None,
            after: None,
            reason: None,
            request_id: None,
            details: serde_json::Map::new(),
            at: home,
        };
        let mut tx = app.app().db.begin_system_write().await.expect("a transaction");
        promptsync_store::users::set_active(&mut tx, &user, false).await.expect("is switched off");
        tx.commit(&workspace, entry("user.off")).await.expect("is committed");
        assert_eq!(refused(&provider, &app, Script::default()).await, "403 user_inactive");
        let mut tx = app.app().db.begin_system_write().await.expect("a transaction");
        promptsync_store::users::set_active(&mut tx, &user, true).await.expect("is switched on");
        promptsync_store::members::remove(&mut tx, &workspace, &user).await.expect("is taken out");
        tx.commit(&workspace, entry("member.remove")).await.expect("is committed");
        assert_eq!(refused(&provider, &app, Script::default()).await, "403 not_a_member", "provisioning brings nobody back");
    }

    async fn with_passwords_off_the_provider_is_the_only_way_in(db: &Db) {
        let provider = Double::start().await;
        let both = TestApp::with(db, &provider.settings(&[])).await;
        let operator = both.set_up().await;
        assert_eq!(link(&provider, &both, &operator, claims(json!({ "sub": "olga" }))).await, "303");
        let only = TestApp::beside(db, &provider.settings(&[("PROMPTSYNC_PASSWORD_LOGIN", "false")])).await;
        assert_eq!(only.nobody().get("/api/auth/options").await.json(), json!({ "set_up_needed": false, "passwords": false, "provider": true }));
        let password = json!({ "email": OPERATOR, "password": promptsync_testing::people::PASSWORD });
        assert_eq!(only.nobody().post("/api/auth/login", password).await.outcome(), "403 sign_in_off");
        let olga = signed_in(&provider, &only, claims(json!({ "sub": "olga" }))).await;
        assert_eq!(olga.id(), operator.id());
        assert_eq!(olga.caller.post("/api/resets", json!({ "email": OPERATOR })).await.outcome(), "403 sign_in_off");
    }

    async fn every_entry_by_an_identity_is_in_the_audit_log(db: &Db) {
        let provider = Double::start().await;
        let app = TestApp::with(db, &provider.settings(&[PROVISION])).await;
        signed_in(&provider, &app, claims(json!({ "groups": ["writers"] }))).await;
        let ann = signed_in(&provider, &app, claims(json!({ "groups": ["platform"] }))).await;
        let workspace = promptsync_core::ids::WorkspaceId::new(ann.answer["workspace"]["id"].as_str().expect("an id"));
        let mut tx = app.app().db.begin_read(&workspace).await.expect("a transaction");
        let entries = promptsync_store::audit::since(&mut tx, &workspace, 0, 100).await.expect("entries");
        let actions: Vec<_> = entries.iter().map(|entry| entry.entry.action.as_str())
            .filter(|action| action.starts_with("user.") || action.starts_with("member.") || action.starts_with("session.open")).collect();
        assert_eq!(actions, ["user.provision", "member.groups", "session.open"]);
        let text = serde_json::to_string(&entries).expect("JSON");
        for secret in ["an access token", SECRET, "code-"] {
            assert!(!text.contains(secret), "{secret}");
        }
        assert!(text.contains("\"before\":[\"editor\"]") || text.contains("\"after\":[\"admin\"]"), "{text}");
    }
}
