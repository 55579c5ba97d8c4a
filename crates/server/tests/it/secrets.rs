//! Connectors, what a project may use, and renders with the values of secrets.

use promptsync_core::{access::Role, secrets::MASK};
use promptsync_testing::{
    Caller, PROJECT, TestApp, VaultDouble, db_test,
    vault::{Mood, TOKEN},
};
use serde_json::{Value, json};

const RENDER: &str = "/api/prompts/pay/latest/render";
const CANARY: &str = "sk-canary-in-vault";

/// An application that may call loopback addresses on the double's port.
async fn with_vault(db: &promptsync_store::Db) -> (TestApp, VaultDouble, Caller) {
    let vault = VaultDouble::start().await;
    vault.put("payments/openai", json!({ "key": CANARY }));
    let ports = format!("{}, 443", vault.port());
    let settings = [
        ("PROMPTSYNC_OUTBOUND_ALLOW", "127.0.0.1"),
        ("PROMPTSYNC_OUTBOUND_PORTS", ports.as_str()),
        ("PROMPTSYNC_SECRET_BACKENDS", "vault, aws, environment"),
        ("PROMPTSYNC_SECRET_TIMEOUT_SECONDS", "1"),
        ("PROMPTSYNC_SECRET_LOCAL__KEY", "canary-in-environment"),
    ];
    let app = TestApp::with(db, &settings).await;
    // The project is made with its first key.
    app.admin().await;
    let owner = app.nobody().with_key(&app.key(Role::Admin, None).await);
    owner.push(&[("pay.txt", "key: {{ secret('payments/openai#key') }}"), ("plain.txt", "hello")]).await;
    (app, vault, owner)
}

async fn connect(owner: &Caller, vault: &VaultDouble) {
    let body = json!({"kind": "vault", "url": vault.url(), "credential": TOKEN});
    let reply = owner.put("/api/connectors/vault", body).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let reply = allow(owner, "payments/**", "vault").await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

async fn allow(owner: &Caller, pattern: &str, connector: &str) -> promptsync_testing::Reply {
    let target = format!("/api/projects/{PROJECT}/secrets");
    owner.put(&target, json!({"pattern": pattern, "connector": connector})).await
}

async fn resolve(caller: &Caller) -> promptsync_testing::Reply {
    caller.post(&format!("{RENDER}?project={PROJECT}"), json!({"secrets": "resolve"})).await
}

db_test! {
    async fn a_secret_is_a_mask_until_it_is_asked_for_by_somebody_who_may(db: &Db) {
        let (app, vault, owner) = with_vault(db).await;
        connect(&owner, &vault).await;
        let masked = owner.post(&format!("{RENDER}?project={PROJECT}"), json!({})).await.json();
        assert_eq!((&masked["text"], &masked["secrets"]), (&json!(format!("key: {MASK}")), &json!("masked")));
        let editor = app.editor().await;
        assert_eq!(resolve(&editor).await.outcome(), "403 insufficient_scope");
        assert_eq!(vault.seen(), [], "nothing was asked of the Vault so far");
        let resolved = resolve(&owner).await.json();
        assert_eq!((&resolved["text"], &resolved["secrets"]), (&json!(format!("key: {CANARY}")), &json!("resolved")));
        let plain = owner.post(&format!("/api/prompts/plain/latest/render?project={PROJECT}"), json!({})).await;
        assert_eq!(plain.json()["secrets"], Value::Null);
    }

    async fn a_secret_is_read_once_while_it_is_kept(db: &Db) {
        let (app, vault, owner) = with_vault(db).await;
        connect(&owner, &vault).await;
        let renders = futures_util::future::join_all((0..8).map(|_| resolve(&owner))).await;
        assert!(renders.iter().all(|reply| reply.status == 200));
        assert_eq!(vault.count("GET /v1/secret/data/payments/openai"), 1);
        app.clock.advance(chrono::TimeDelta::seconds(301));
        assert_eq!(resolve(&owner).await.status, 200);
        assert_eq!(vault.count("GET /v1/secret/data/payments/openai"), 2);
    }

    async fn a_vault_that_fails_fails_this_prompt_alone(db: &Db) {
        let (app, vault, owner) = with_vault(db).await;
        connect(&owner, &vault).await;
        for mood in [Mood::Fails, Mood::Silent, Mood::Floods] {
            vault.mood(mood);
            let reply = resolve(&owner).await;
            assert_eq!(reply.outcome(), "503 secret_unavailable", "{mood:?}");
            assert!(reply.text().contains("payments/openai#key") && !reply.text().contains(CANARY), "{mood:?}");
            let plain = format!("/api/prompts/plain/latest/render?project={PROJECT}");
            assert_eq!(owner.post(&plain, json!({"secrets": "resolve"})).await.status, 200, "{mood:?}");
            // A failure is kept for a moment only.
            app.clock.advance(chrono::TimeDelta::seconds(6));
        }
        vault.mood(Mood::Works);
        vault.accept(&[]);
        assert_eq!(resolve(&owner).await.outcome(), "503 secret_unavailable");
        app.clock.advance(chrono::TimeDelta::seconds(6));
        vault.accept(&[TOKEN]);
        assert_eq!(resolve(&owner).await.status, 200);
    }

    async fn a_reference_that_is_not_allowed_is_refused_by_name(db: &Db) {
        let (_app, vault, owner) = with_vault(db).await;
        connect(&owner, &vault).await;
        let target = format!("/api/projects/{PROJECT}/secrets?pattern=payments%2F**");
        assert_eq!(owner.delete(&target).await.status, 204);
        assert_eq!(owner.delete(&target).await.outcome(), "404 secret_not_found");
        let reply = resolve(&owner).await;
        assert_eq!(reply.outcome(), "403 secret_not_allowed");
        assert!(reply.json()["detail"].as_str().unwrap().contains("payments/openai#key"));
        assert_eq!(allow(&owner, "payments/openai#other", "vault").await.status, 200);
        assert_eq!(resolve(&owner).await.outcome(), "403 secret_not_allowed");
        assert_eq!(allow(&owner, "../x", "vault").await.outcome(), "422 secret_ref");
        assert_eq!(allow(&owner, "a", "nobody").await.outcome(), "404 connector_not_found");
        assert_eq!(vault.seen(), [], "nothing was asked of the Vault");
    }

    async fn an_admin_of_one_project_opens_no_connector_to_it(db: &Db) {
        let (app, vault, owner) = with_vault(db).await;
        connect(&owner, &vault).await;
        let admin = app.admin().await;
        assert_eq!(allow(&admin, "**", "vault").await.outcome(), "403 insufficient_scope");
        assert_eq!(admin.get("/api/connectors").await.outcome(), "403 insufficient_scope");
        assert_eq!(admin.get(&format!("/api/projects/{PROJECT}/secrets")).await.status, 200);
    }

    async fn a_stored_credential_is_never_sent_to_another_place(db: &Db) {
        let (_app, vault, owner) = with_vault(db).await;
        let thief = VaultDouble::start().await;
        connect(&owner, &vault).await;
        let moves = [
            json!({"kind": "vault", "url": "https://1.1.1.1"}),
            json!({"kind": "vault", "url": format!("{}/elsewhere", vault.url())}),
            json!({"kind": "vault", "url": vault.url(), "settings": {"auth": {"method": "jwt", "role": "r", "mount": "m"}}}),
        ];
        for body in moves {
            assert_eq!(owner.put("/api/connectors/vault", body.clone()).await.outcome(), "409 reenter_secret", "{body}");
        }
        assert_eq!(thief.seen(), []);
        let kept = json!({"kind": "vault", "url": vault.url(), "settings": {"prefix": "team"}});
        assert_eq!(owner.put("/api/connectors/vault", kept).await.status, 200);
        let again = json!({"kind": "vault", "url": format!("{}/", vault.url()), "credential": TOKEN});
        assert_eq!(owner.put("/api/connectors/vault", again).await.status, 200);
        assert_eq!(owner.put("/api/connectors/vault", json!({"kind": "environment"})).await.outcome(), "409 name_exists");
    }

    async fn a_connector_is_listed_without_its_credential_and_goes_when_unused(db: &Db) {
        let (_app, vault, owner) = with_vault(db).await;
        connect(&owner, &vault).await;
        let listed = owner.get("/api/connectors").await;
        assert_eq!(listed.json()["items"][0]["credential"], MASK);
        assert!(!listed.text().contains(TOKEN));
        let tested = owner.post("/api/connectors/vault/test", json!({})).await;
        assert_eq!(tested.json()["works"], true, "{}", tested.text());
        vault.mood(Mood::Fails);
        let wrong = json!({"kind": "vault", "url": vault.url(), "credential": "hvs.wrong"});
        assert_eq!(owner.put("/api/connectors/other", wrong).await.status, 201);
        assert_eq!(owner.post("/api/connectors/other/test", json!({})).await.json()["works"], false);
        assert_eq!(owner.delete("/api/connectors/vault").await.outcome(), "409 in_use");
        assert_eq!(owner.delete("/api/connectors/other").await.status, 204);
        assert_eq!(owner.delete("/api/connectors/other").await.outcome(), "404 connector_not_found");
    }

    async fn only_the_kinds_the_operator_allows_exist(db: &Db) {
        let (_app, _vault, owner) = with_vault(db).await;
        assert_eq!(owner.put("/api/connectors/env", json!({"kind": "environment"})).await.status, 201);
        assert_eq!(allow(&owner, "local#key", "env").await.status, 200);
        owner.push(&[("pay.txt", "{{ secret('local#key') }}")]).await;
        assert_eq!(resolve(&owner).await.json()["text"], "canary-in-environment");
        assert_eq!(owner.put("/api/connectors/f", json!({"kind": "file"})).await.outcome(), "422 backend_not_allowed");
        let ambient = json!({"kind": "aws", "settings": {"region": "eu-central-1"}});
        assert_eq!(owner.put("/api/connectors/aws", ambient).await.outcome(), "422 invalid");
    }

    async fn a_reference_in_a_value_is_text(db: &Db) {
        let (_app, vault, owner) = with_vault(db).await;
        connect(&owner, &vault).await;
        owner.push(&[("pay.txt", "{{ x }}")]).await;
        let body = json!({"secrets": "resolve", "variables": {"x": "{{ secret('payments/openai#key') }}"}});
        let reply = owner.post(&format!("{RENDER}?project={PROJECT}"), body).await;
        assert_eq!(reply.json()["text"], "{{ secret('payments/openai#key') }}");
        assert_eq!(vault.seen(), []);
    }
}

/// Rows of the table of bad inputs: what a connector's URL and settings cannot be.
#[tokio::test]
async fn what_a_connector_may_not_call_is_refused_when_it_is_saved() {
    let app = TestApp::new().await;
    let owner = app.nobody().with_key(&app.key(Role::Admin, None).await);
    let refused = |code: &'static str, urls: &[&str]| {
        urls.iter().map(|url| ((*url).to_owned(), code)).collect::<Vec<_>>()
    };
    let mut rows = refused(
        "422 url_refused",
        &[
            // S03
            "http://10.0.0.1/",
            "http://172.16.0.1/",
            "http://192.168.0.1/",
            "http://100.64.0.1/",
            "http://[fc00::1]/",
            "http://[fe80::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://[64:ff9b::a00:1]/",
            "http://127.0.0.1:8200/",
            "http://169.254.169.254/",
            // S07
            "http://user:pass@vault.example.com/",
            "http://allowed.example.com@evil.example.com/",
            "http://evil.example.com#allowed.example.com",
            "http://allowed.example.com\\@evil.example.com",
            // S10
            "http://1.1.1.1:22/",
            "http://1.1.1.1:25/",
            "http://1.1.1.1:6379/",
            "http://1.1.1.1:5432/",
            "file:///etc/passwd",
            "vault://../../sys/raw",
            "gopher://1.1.1.1/",
            "https://",
        ],
    );
    rows.push(("https://1.1.1.1/?x=y".to_owned(), "422 invalid"));
    rows.push((String::new(), "422 invalid"));
    for (url, outcome) in rows {
        let body = json!({"kind": "vault", "url": url, "credential": "hvs.x"});
        assert_eq!(owner.put("/api/connectors/vault", body).await.outcome(), outcome, "{url}");
    }
    let settings = [
        json!({"mount": "../sys"}),
        json!({"mount": "a//b"}),
        json!({"mount": "a?x"}),
        json!({"prefix": "%2e%2e"}),
        json!({"namespace": "a\r\nx: y"}),
        json!({"auth": {"method": "approle", "role_id": "r", "mount": "../token"}}),
        json!({"auth": {"method": "approle"}}),
        json!({"auth": {"method": "userpass"}}),
        json!({"headers": {"x": "y"}}),
        json!({"base_url": "http://127.0.0.1"}),
    ];
    for settings in settings {
        let body =
            json!({"kind": "vault", "url": "https://1.1.1.1", "credential": "hvs.x", "settings": settings});
        let reply = owner.put("/api/connectors/vault", body).await;
        assert_eq!(reply.outcome(), "422 invalid", "{settings}: {}", reply.text());
    }
    for (extra, value) in [("headers", json!({})), ("base_url", json!("http://x"))] {
        let mut body = json!({"kind": "vault", "url": "https://1.1.1.1", "credential": "hvs.x"});
        body[extra] = value;
        assert_eq!(owner.put("/api/connectors/vault", body).await.outcome(), "422 unknown_field", "{extra}");
    }
    for credential in ["", "a\r\nb", "ä"] {
        let body = json!({"kind": "vault", "url": "https://1.1.1.1", "credential": credential});
        assert_eq!(owner.put("/api/connectors/vault", body).await.outcome(), "422 invalid", "{credential:?}");
    }
    assert_eq!(owner.get("/api/connectors").await.json()["items"], json!([]));
}
