//! Providers that are down, change their keys, or are not who they are said to be.

use std::path::Path;

use chrono::TimeDelta;
use promptsync_server::{Config, Server, StartError};
use promptsync_testing::{TestApp, db_test};
use serde_json::{Value, json};

use super::{
    browser::Browser,
    double::{Double, Script, Signer},
};

const PROVISION: (&str, &str) = ("PROMPTSYNC_OIDC_PROVISION", "true");

/// Binds a server that trusts this provider.
async fn start(provider: &Double) -> Result<Server, StartError> {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data").display().to_string();
    let mut environment: std::collections::BTreeMap<String, String> =
        provider.settings(&[]).into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    environment.insert("PROMPTSYNC_DATA_DIR".into(), data);
    environment.insert("PROMPTSYNC_LISTEN".into(), "127.0.0.1:0".into());
    Server::bind(Config::merge(&[].into(), &environment, Path::new("none")).expect("fits")).await
}

#[tokio::test]
async fn a_server_does_not_start_with_a_provider_of_another_name() {
    let provider = Double::start().await;
    assert!(start(&provider).await.is_ok());
    for discovery in [
        json!({ "issuer": "https://evil.example" }),
        json!({ "issuer": format!("{}/", provider.issuer) }),
        json!({ "issuer": null }),
        json!({ "token_endpoint": "javascript:alert(1)" }),
        json!({ "code_challenge_methods_supported": ["plain"] }),
    ] {
        provider.says(Script { discovery: discovery.clone(), ..Script::default() });
        let refused = start(&provider).await.expect_err("another issuer");
        assert!(matches!(refused, StartError::Provider { .. }), "{discovery}: {refused:?}");
    }
    provider.says(Script { discovery: json!({ "issuer": "https://evil.example" }), ..Script::default() });
    let said = start(&provider).await.expect_err("another issuer").to_string();
    assert!(said.contains("https://evil.example") && said.contains(&provider.issuer), "{said}");
}

#[tokio::test]
async fn a_server_starts_while_the_provider_is_down() {
    let provider = Double::start().await;
    provider.says(Script { discovery_bytes: 300_000, ..Script::default() });
    assert!(start(&provider).await.is_ok(), "a document that is too long is an outage");
}

db_test! {
    async fn while_the_provider_is_down_sessions_and_keys_go_on(db: &Db) {
        let provider = Double::start().await;
        let settings: Vec<(String, String)> = provider.settings(&[PROVISION]).into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let app = TestApp::with(db, &settings).await;
        let viewer = app.viewer().await;
        let mut browser = Browser::default();
        assert_eq!(provider.sign_in(&app, &mut browser, Script::default()).await.status, 303);
        let address = provider.stop().await;

        let beside = TestApp::beside(db, &settings).await;
        assert_eq!(beside.nobody().get("/auth/oidc/start").await.outcome(), "503 oidc_unavailable");
        let page = beside.nobody().header("accept", "text/html").get("/auth/oidc/start").await;
        assert!(page.status == 503 && page.text().contains("<h1>The identity provider cannot be reached</h1>"));
        assert_eq!(browser.person(&app).await.caller.get("/api/whoami").await.status, 200);
        assert_eq!(viewer.get("/api/whoami").await.status, 200);
        // Who has been sent away already cannot come in either.
        let mut waiting = Browser::default();
        let asked = waiting.start(&app).await;
        let reply = waiting.back(&app, &[("code", "c"), ("state", asked.get("state")), ("iss", settings[0].1)]).await;
        assert_eq!(reply.outcome(), "503 oidc_unavailable");

        let provider = Double::at(address).await;
        assert_eq!(beside.nobody().get("/auth/oidc/start").await.outcome(), "503 oidc_unavailable", "it rests a moment");
        assert_eq!(provider.count("/.well-known/openid-configuration"), 0);
        beside.clock.advance(TimeDelta::seconds(5));
        let mut browser = Browser::default();
        assert_eq!(browser.go(&beside, "/auth/oidc/start").await.status, 303);
    }

    async fn a_new_key_is_found_and_a_stranger_makes_us_ask_once_a_minute(db: &Db) {
        let provider = Double::start().await;
        let app = TestApp::with(db, &provider.settings(&[PROVISION])).await;
        let sign_in = |script: Script| { let (provider, app) = (&provider, &app); async move { provider.sign_in(app, &mut Browser::default(), script).await } };
        assert_eq!(sign_in(Script::default()).await.status, 303);
        assert_eq!(sign_in(Script::default()).await.status, 303);
        assert_eq!((provider.count("/keys"), provider.count("/.well-known/openid-configuration")), (1, 1));

        let rotated = Script { key_id: "k2", published: "k2", ..Script::default() };
        assert_eq!(sign_in(rotated.clone()).await.outcome(), "403 oidc_refused", "the keys were read a moment ago");
        app.clock.advance(TimeDelta::seconds(60));
        let of_now = |script: Script| Script { claims: json!({ "iat": 1_793_534_460, "exp": 1_793_534_760 }), ..script };
        assert_eq!(sign_in(of_now(rotated)).await.status, 303);
        assert_eq!(provider.count("/keys"), 2);
        for kid in ["a", "b", "c"] {
            let strange = Script { header: json!({ "kid": kid }), signer: Signer::Unknown, published: "k2", ..Script::default() };
            assert_eq!(sign_in(strange).await.outcome(), "403 oidc_refused");
        }
        assert_eq!(provider.count("/keys"), 2, "three strangers, no question within the minute");
    }

    async fn a_document_that_is_wrong_huge_or_of_another_is_not_used(db: &Db) {
        let provider = Double::start().await;
        let table: [(Value, usize); 4] = [
            (json!({ "issuer": "https://evil.example" }), 0),
            (json!({ "authorization_endpoint": "javascript:alert(1)" }), 0),
            (json!({ "jwks_uri": "http://user@169.254.169.254/keys" }), 0),
            (json!({}), 300_000),
        ];
        for (discovery, discovery_bytes) in table {
            provider.says(Script { discovery: discovery.clone(), discovery_bytes, ..Script::default() });
            let app = TestApp::beside(db, &provider.settings(&[])).await;
            let reply = app.nobody().get("/auth/oidc/start").await;
            assert_eq!(reply.outcome(), "503 oidc_unavailable", "{discovery}");
            assert!(!reply.text().contains("evil"), "{}", reply.text());
        }
    }

    async fn addresses_in_the_document_are_called_only_where_calls_are_allowed(db: &Db) {
        let provider = Double::start().await;
        let app = TestApp::with(db, &provider.settings(&[PROVISION])).await;
        for (name, address) in [("token_endpoint", "http://169.254.169.254/token"), ("token_endpoint", "http://127.0.0.2:1/token"), ("jwks_uri", "http://10.0.0.1/keys")] {
            let beside = TestApp::beside(db, &provider.settings(&[PROVISION])).await;
            let script = Script { discovery: json!({ name: address }), ..Script::default() };
            let reply = provider.sign_in(&beside, &mut Browser::default(), script).await;
            assert_eq!(reply.outcome(), "503 oidc_unavailable", "{address}");
        }
        // Without a word of the operator, a provider on this machine is not called at all.
        let closed: Vec<_> = provider.settings(&[]).into_iter().filter(|(name, _)| *name != "PROMPTSYNC_OUTBOUND_ALLOW").collect();
        let seen = provider.count("/.well-known/openid-configuration");
        let closed = TestApp::beside(db, &closed).await;
        assert_eq!(closed.nobody().get("/auth/oidc/start").await.outcome(), "503 oidc_unavailable");
        assert_eq!(provider.count("/.well-known/openid-configuration"), seen);
        drop(app);
    }
}
