//! ID tokens and endpoints that lie: each deviation alone, against a server that would let anybody in who is believed.

use promptsync_store::{audit, users};
use promptsync_testing::{TestApp, db_test};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{
    browser::Browser,
    double::{Double, NOW, Script, Signer},
};

const PROVISION: (&str, &str) = ("PROMPTSYNC_OIDC_PROVISION", "true");

fn claims(claims: Value) -> Script {
    Script { claims, ..Script::default() }
}

fn header(header: Value, signer: Signer) -> Script {
    Script { header, signer, ..Script::default() }
}

#[expect(clippy::needless_pass_by_value, reason = "a case is written where it is used")]
fn endpoint(more: Value, userinfo: Value) -> Script {
    let mut claims = json!({ "email": null, "email_verified": null, "groups": null });
    for (name, value) in more.as_object().into_iter().flatten() {
        claims[name] = value.clone();
    }
    Script { claims, userinfo: Some(userinfo), ..Script::default() }
}

/// Each deviation with a piece of the reason that must be given for it.
fn deviations() -> Vec<(&'static str, Script, &'static str)> {
    let body = |token_body| Script { token_body, ..Script::default() };
    vec![
        ("another issuer", claims(json!({ "iss": "https://evil.example" })), "another issuer"),
        ("the issuer with a slash", claims(json!({ "iss": "http://127.0.0.1/" })), "another issuer"),
        ("no issuer", claims(json!({ "iss": null })), "`iss`"),
        ("another audience", claims(json!({ "aud": "other" })), "another application"),
        ("no audience", claims(json!({ "aud": null })), "`aud`"),
        (
            "several audiences without azp",
            claims(json!({ "aud": ["promptsync", "other"] })),
            "another application",
        ),
        (
            "azp of another",
            claims(json!({ "aud": ["promptsync", "other"], "azp": "other" })),
            "given to another",
        ),
        ("alg none", header(json!({ "alg": "none" }), Signer::Nobody), "algorithm"),
        ("alg nOnE", header(json!({ "alg": "nOnE" }), Signer::Nobody), "algorithm"),
        (
            "HS256 with the client's secret",
            header(json!({ "alg": "HS256" }), Signer::ClientSecret),
            "algorithm",
        ),
        ("no signature", header(json!({}), Signer::Nobody), "signature"),
        ("an unknown key under a known name", header(json!({}), Signer::Unknown), "signature"),
        ("an unknown key", header(json!({ "kid": "k9" }), Signer::Unknown), "does not publish"),
        (
            "an unknown key that brings itself",
            header(json!({ "kid": "k9", "jku": "https://evil.example/keys" }), Signer::Unknown),
            "does not publish",
        ),
        ("a critical extension", header(json!({ "crit": ["x"], "x": 1 }), Signer::Published), "critical"),
        (
            "an access token as ID token",
            header(json!({ "typ": "at+jwt" }), Signer::Published),
            "another kind",
        ),
        ("no nonce", claims(json!({ "nonce": null })), "`nonce`"),
        ("another nonce", claims(json!({ "nonce": "other" })), "another sign-in"),
        ("expired", claims(json!({ "exp": NOW - 61 })), "expired"),
        ("no expiry", claims(json!({ "exp": null })), "`exp`"),
        ("an expiry in words", claims(json!({ "exp": "never" })), "`exp`"),
        ("issued in the future", claims(json!({ "iat": NOW + 600 })), "future"),
        ("not valid yet", claims(json!({ "nbf": NOW + 600 })), "future"),
        ("issued long ago", claims(json!({ "iat": NOW - 3600 })), "long ago"),
        ("no time of issue", claims(json!({ "iat": null })), "`iat`"),
        ("at_hash of another token", claims(json!({ "at_hash": "AAAAAAAAAAAAAAAAAAAAAA" })), "access token"),
        ("an empty subject", claims(json!({ "sub": "" })), "`sub`"),
        ("a subject that is a number", claims(json!({ "sub": 7 })), "`sub`"),
        ("no subject", claims(json!({ "sub": null })), "`sub`"),
        ("a token that is none", body(json!({ "id_token": "a.b.c" })), "not a signed token"),
        ("a huge token", body(json!({ "id_token": "a".repeat(140_000) })), "not a signed token"),
        ("no token", body(json!({ "id_token": null })), "no tokens"),
        ("a token of another type", body(json!({ "token_type": "DPoP" })), "no tokens"),
        (
            "the token endpoint says no",
            Script { token_status: 400, ..Script::default() },
            "does not accept the code",
        ),
    ]
}

/// Whether there is any user, and the last revision of the audit log.
async fn state(app: &TestApp) -> (bool, i64) {
    let mut tx = app.app().db.begin_system_read().await.expect("a transaction");
    let workspace = promptsync_store::workspaces::list(&mut tx).await.expect("workspaces").remove(0).id;
    let last = audit::head(&mut tx, &workspace).await.expect("the head").revision;
    (users::any(&mut tx).await.expect("an answer"), last)
}

db_test! {
    async fn no_deviation_of_the_token_lets_anybody_in(db: &Db) {
        let provider = Double::start().await;
        let app = TestApp::with(db, &provider.settings(&[PROVISION])).await;
        let before = state(&app).await;
        for (name, script, reason) in deviations() {
            let mut browser = Browser::default();
            let reply = provider.sign_in(&app, &mut browser, script).await;
            assert_eq!(reply.outcome(), "403 oidc_refused", "{name}: {}", reply.text());
            assert!(reply.text().contains(reason), "{name}: {}", reply.text());
            assert!(!reply.text().contains("script") && !browser.is_signed_in(), "{name}");
            assert_eq!(state(&app).await, before, "{name}");
        }
        let mut browser = Browser::default();
        assert_eq!(provider.sign_in(&app, &mut browser, Script::default()).await.status, 303, "the right one gets in");
        assert!(browser.person(&app).await.caller.get("/api/whoami").await.text().contains("manage_members"));
    }

    async fn what_the_userinfo_endpoint_says_counts_only_for_the_same_person(db: &Db) {
        let provider = Double::start().await;
        let app = TestApp::with(db, &provider.settings(&[PROVISION])).await;
        let userinfo = format!("{}/userinfo", provider.issuer);
        let with_endpoint = |script: Script| Script { discovery: json!({ "userinfo_endpoint": userinfo }), ..script };
        let said = json!({ "sub": "ann", "email": "ann@example.com", "email_verified": true, "groups": ["writers"] });
        for (change, code) in [
            (json!({ "sub": "ben" }), "403 oidc_refused"),
            (json!({ "sub": "" }), "403 oidc_refused"),
            (json!({ "sub": null }), "403 oidc_refused"),
            (json!({ "email_verified": false }), "403 email_unverified"),
            (json!({ "email": "no address" }), "403 email_unverified"),
        ] {
            let mut said = said.clone();
            for (name, value) in change.as_object().expect("an object") {
                said[name] = value.clone();
            }
            let mut browser = Browser::default();
            let reply = provider.sign_in(&app, &mut browser, with_endpoint(endpoint(json!({}), said))).await;
            assert_eq!(reply.outcome(), code, "{change}: {}", reply.text());
            assert!(!browser.is_signed_in());
        }
        let failing = Script { userinfo_status: 500, ..endpoint(json!({}), said.clone()) };
        let reply = provider.sign_in(&app, &mut Browser::default(), with_endpoint(failing)).await;
        assert_eq!(reply.outcome(), "503 oidc_unavailable");
        // The token's own unverified address is not verified by the userinfo endpoint.
        let mixed = endpoint(json!({ "email": "boss@example.com" }), said.clone());
        let reply = provider.sign_in(&app, &mut Browser::default(), with_endpoint(mixed)).await;
        assert_eq!(reply.outcome(), "403 email_unverified");
        let mut browser = Browser::default();
        let reply = provider.sign_in(&app, &mut browser, with_endpoint(endpoint(json!({}), said))).await;
        assert_eq!(reply.status, 303, "{}", reply.text());
        let me = browser.person(&app).await.caller.get("/api/whoami").await.json();
        assert!(me["permissions"].to_string().contains("publish") && !me["permissions"].to_string().contains("manage_members"));
    }

    async fn a_code_is_sent_nowhere_else(db: &Db) {
        let elsewhere = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = elsewhere.local_addr().expect("an address");
        let provider = Double::start().await;
        let app = TestApp::with(db, &provider.settings(&[PROVISION])).await;
        let script = Script { token_location: Some(format!("http://{address}/token")), ..Script::default() };
        let mut browser = Browser::default();
        let reply = provider.sign_in(&app, &mut browser, script).await;
        assert_eq!(reply.outcome(), "403 oidc_refused");
        assert!(reply.text().contains("elsewhere") && !browser.is_signed_in());
        let nobody_came = futures_util::FutureExt::now_or_never(elsewhere.accept()).is_none();
        assert!(nobody_came, "the code was sent on");
    }
}
