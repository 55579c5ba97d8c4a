//! Against a certified OpenID provider, which the test command starts (`oidc_provider` in this folder's parent).

use std::collections::BTreeMap;

use bytes::Bytes;
use hyper::{Request, header::SET_COOKIE};
use promptsync_core::{ids::Ids as _, time::Clock as _};
use promptsync_outbound::{Client, Network, Policy};
use promptsync_server::SystemClock;
use promptsync_testing::{Reply, TestApp, db_test};
use serde_json::json;

use super::browser::{Asked, Browser, SESSION};

/// Names the issuer of the provider.
const VARIABLE: &str = "PROMPTSYNC_TEST_OIDC";
/// As the provider knows it.
const SECRET: &str = "a secret + with: % signs & 32 bytes of it";

#[expect(clippy::disallowed_methods, reason = "a test finds the provider it was started with")]
fn issuer() -> Option<String> {
    let issuer = std::env::var(VARIABLE).ok();
    if issuer.is_none() {
        #[expect(clippy::print_stderr, reason = "a test that did not run must say so")]
        {
            eprintln!("SKIPPED with a real OpenID provider: {VARIABLE} is not set");
        }
    }
    issuer
}

fn settings<'a>(issuer: &'a str, client: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut settings = vec![
        ("PROMPTSYNC_PUBLIC_URL", "https://prompts.test"),
        ("PROMPTSYNC_OIDC_ISSUER", issuer),
        ("PROMPTSYNC_OIDC_CLIENT_ID", client),
        ("PROMPTSYNC_OIDC_CLIENT_SECRET", SECRET),
        ("PROMPTSYNC_OIDC_SCOPES", "openid email profile groups"),
        ("PROMPTSYNC_OIDC_GROUPS", "platform=admin, writers=editor"),
        ("PROMPTSYNC_OIDC_PROVISION", "true"),
        ("PROMPTSYNC_OUTBOUND_ALLOW", "127.0.0.1/32"),
    ];
    settings.extend_from_slice(more);
    settings
}

/// A server with the time of the provider.
async fn server(db: &promptsync_store::Db, settings: &[(&str, &str)]) -> TestApp {
    let app = TestApp::beside(db, settings).await;
    app.clock.advance(SystemClock.now() - app.clock.now());
    app
}

/// What the provider's pages do with a browser that somebody signs in with: the address it is sent back to.
async fn at_provider(issuer: &str, location: &str, hint: &str) -> Asked {
    let port = issuer.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    let allow = vec!["127.0.0.1/32".parse::<Network>().expect("a network")];
    let client = Client::new(Policy { allow, ports: vec![port] });
    let hint: String = form_urlencoded::byte_serialize(hint.as_bytes()).collect();
    let mut location = format!("{location}&login_hint={hint}");
    let mut cookies = BTreeMap::new();
    while location.starts_with(issuer) {
        let cookie =
            cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let request = Request::get(&location).header("cookie", cookie).body(Bytes::new()).expect("a request");
        let answer = client.send(request).await.expect("the provider answers");
        let to = answer.headers().get("location").and_then(|value| value.to_str().ok());
        let to = to.unwrap_or_else(|| panic!("{location}: {}", String::from_utf8_lossy(answer.body())));
        for line in answer.headers().get_all(SET_COOKIE) {
            let line = line.to_str().expect("cookies are ASCII");
            let (name, value) = line.split(';').next().and_then(|pair| pair.split_once('=')).expect("a pair");
            cookies.insert(name.to_owned(), value.to_owned());
        }
        location = if to.starts_with('/') { format!("{issuer}{to}") } else { to.to_owned() };
    }
    assert!(location.starts_with("https://prompts.test/auth/oidc/callback?"), "{location}");
    Asked::at(&location)
}

/// Signs somebody in from beginning to end, as far as they get.
async fn sign_in(app: &TestApp, issuer: &str, browser: &mut Browser, hint: &str) -> Reply {
    let asked = browser.start(app).await;
    let back = at_provider(issuer, &asked.location, hint).await;
    let target = back.location.strip_prefix("https://prompts.test").expect("our address");
    browser.go(app, target).await
}

/// Somebody the provider knows under a subject that no other test has.
fn somebody(subject: &str, more: &str) -> String {
    format!("sub={subject}&email={subject}@example.com&email_verified=true&name={subject}{more}")
}

db_test! {
    async fn people_sign_in_and_out_and_their_groups_are_their_roles(db: &Db) {
        let Some(issuer) = issuer() else { return };
        let app = server(db, &settings(&issuer, "promptsync", &[])).await;
        let mut browser = Browser::default();
        // The provider is one for all tests, and says of somebody what was said last.
        let name = &promptsync_server::RandomIds.next();
        let reply = sign_in(&app, &issuer, &mut browser, &somebody(name, "&groups=platform,strangers")).await;
        assert_eq!((reply.status, reply.header("location")), (303, "/"), "{}", reply.text());
        let ann = browser.person(&app).await;
        assert_eq!(ann.answer["user"]["email"], format!("{name}@example.com"));
        assert!(ann.caller.get("/api/whoami").await.text().contains("manage_members"));
        let sessions = ann.caller.get("/api/auth/sessions").await.json();
        assert_eq!(sessions[0]["proof"], "provider", "{sessions}");
        // The session is renewed without the provider, again and again.
        let again = browser.person(&app).await;
        assert_eq!(again.id(), ann.id());
        let out = browser.post(&app, "/api/auth/logout", json!({}), None).await;
        assert_eq!(out.status, 204);
        assert!(!browser.is_signed_in(), "{SESSION}");
        assert_eq!(again.caller.get("/api/whoami").await.status, 401);

        let reply = sign_in(&app, &issuer, &mut browser, &somebody(name, "&groups=writers")).await;
        assert_eq!(reply.status, 303, "{}", reply.text());
        let may = browser.person(&app).await.caller.get("/api/whoami").await.text();
        assert!(may.contains("publish") && !may.contains("manage_members"), "{may}");
    }

    async fn each_algorithm_and_way_to_send_the_secret_works(db: &Db) {
        let Some(issuer) = issuer() else { return };
        for (index, (client, outcome)) in [
            ("promptsync", "303"),
            ("promptsync-ps256", "303"),
            ("promptsync-es256", "303"),
            ("promptsync-eddsa", "303"),
            ("promptsync-public", "303"),
            ("promptsync-post", "303"),
            ("promptsync-hs256", "403 oidc_refused"),
        ]
        .into_iter()
        .enumerate()
        {
            let more: &[_] = if client == "promptsync-public" { &[("PROMPTSYNC_OIDC_CLIENT_SECRET", "")] } else { &[] };
            let app = server(db, &settings(&issuer, client, more)).await;
            // Servers of one test draw the same ids and random numbers; real ones do not.
            (app.app().random)(&mut vec![0; 1000 * index]);
            (0..100 * index).for_each(|_| drop(app.app().ids.next()));
            let mut browser = Browser::default();
            let reply = sign_in(&app, &issuer, &mut browser, &somebody("bea", "")).await;
            assert_eq!(reply.outcome(), outcome, "{client}: {}", reply.text());
            assert_eq!(browser.is_signed_in(), outcome == "303", "{client}");
        }
        let app = server(db, &settings(&issuer, "promptsync", &[("PROMPTSYNC_OIDC_CLIENT_SECRET", "wrong")])).await;
        let reply = sign_in(&app, &issuer, &mut Browser::default(), &somebody("bea", "")).await;
        assert!(reply.outcome() == "403 oidc_refused" && reply.text().contains("invalid_client"), "{}", reply.text());
    }

    async fn without_provisioning_only_who_is_linked_comes_in(db: &Db) {
        let Some(issuer) = issuer() else { return };
        let app = server(db, &settings(&issuer, "promptsync", &[("PROMPTSYNC_OIDC_PROVISION", "false")])).await;
        let operator = app.set_up().await;
        let mut browser = Browser::default();
        let reply = sign_in(&app, &issuer, &mut browser, &somebody("olga", "")).await;
        assert_eq!(reply.outcome(), "403 not_invited");
        let away = browser.post(&app, "/api/auth/oidc/link", json!({}), Some(operator.caller.key())).await.json();
        let back = at_provider(&issuer, away["location"].as_str().expect("an address"), &somebody("olga", "")).await;
        let target = back.location.strip_prefix("https://prompts.test").expect("our address").to_owned();
        assert_eq!(browser.go(&app, &target).await.status, 303);
        let reply = sign_in(&app, &issuer, &mut browser, &somebody("olga", "")).await;
        assert_eq!(reply.status, 303, "{}", reply.text());
        assert_eq!(browser.person(&app).await.id(), operator.id());
    }

    async fn what_the_provider_refuses_and_what_was_used_is_refused(db: &Db) {
        let Some(issuer) = issuer() else { return };
        let app = server(db, &settings(&issuer, "promptsync", &[])).await;
        let mut browser = Browser::default();
        let reply = sign_in(&app, &issuer, &mut browser, "nobody=1").await;
        assert_eq!(reply.outcome(), "403 oidc_denied");
        assert!(!reply.text().contains("script"), "{}", reply.text());
        let unverified = "sub=dora&email=dora@example.com&email_verified=false";
        assert_eq!(sign_in(&app, &issuer, &mut browser, unverified).await.outcome(), "403 email_unverified");

        let asked = browser.start(&app).await;
        let back = at_provider(&issuer, &asked.location, &somebody("emil", "")).await;
        let target = back.location.strip_prefix("https://prompts.test").expect("our address");
        let mut copy = browser.clone();
        assert_eq!(browser.go(&app, target).await.status, 303);
        let again = copy.go(&app, target).await;
        assert!(again.outcome() == "403 oidc_refused" && again.text().contains("invalid_grant"), "{}", again.text());
        // A code for one browser, brought back by another with its own right state: PKCE and nonce tie it to the first.
        let (mut victim, mut thief) = (Browser::default(), Browser::default());
        let asked = victim.start(&app).await;
        let stolen = at_provider(&issuer, &asked.location, &somebody("emil", "")).await;
        let asked = thief.start(&app).await;
        let reply = thief.back(&app, &[("code", stolen.get("code")), ("state", asked.get("state")), ("iss", &issuer)]).await;
        assert_eq!(reply.outcome(), "403 oidc_refused");
        assert!(!thief.is_signed_in());
    }
}
