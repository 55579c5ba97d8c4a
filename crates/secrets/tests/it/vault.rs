use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use promptsync_core::secrets::SecretValue;
use promptsync_outbound::{Client, Limits, Network, Policy, SystemLookup};
use promptsync_secrets::{
    ReadError, Vault,
    vault::{VaultAuth, VaultSettings},
};
use promptsync_testing::{
    FixedClock, VaultDouble,
    vault::{Mood, TOKEN},
};
use serde_json::json;

fn client(port: u16) -> Client {
    let allow = Network::list("127.0.0.1").expect("a network");
    let limits = Limits { connect: Duration::from_secs(1), total: Duration::from_secs(1), bytes: 1 << 20 };
    Client::with(Policy { allow, ports: vec![port] }, limits, Arc::new(SystemLookup), Vec::new())
}

fn vault(double: &VaultDouble, clock: &Arc<FixedClock>, auth: VaultAuth, credential: &str) -> Vault {
    let settings = VaultSettings { auth, namespace: "team/a".into(), ..VaultSettings::default() };
    let credential = SecretValue::new(credential.to_owned());
    Vault::new(client(double.port()), clock.clone(), &double.url(), settings, credential)
}

fn approle() -> VaultAuth {
    VaultAuth::Approle { role_id: "role".into(), mount: "approle".into() }
}

async fn read(vault: &Vault, path: &str) -> Result<String, ReadError> {
    Ok(vault.read(path).await?.pick(Some("key"))?.expose().to_owned())
}

#[tokio::test]
async fn a_token_reads_a_secret_in_its_namespace() {
    let (double, clock) = (VaultDouble::start().await, Arc::default());
    double.put("a/b", json!({"key": "one"}));
    double.put("gone", json!(null));
    let vault = vault(&double, &clock, VaultAuth::Token, TOKEN);
    assert_eq!(read(&vault, "a/b").await.as_deref(), Ok("one"));
    assert_eq!(read(&vault, "a/c").await, Err(ReadError::NotFound));
    assert_eq!(read(&vault, "gone").await, Err(ReadError::NotFound));
    assert!(double.seen().iter().all(|seen| seen.namespace == "team/a" && seen.token == TOKEN));
    assert_eq!(vault.test().await, Ok(()));
}

#[tokio::test]
async fn a_role_or_a_jwt_signs_in_once_and_its_token_is_renewed_before_it_ends() {
    let methods = [approle(), VaultAuth::Jwt { role: "r".into(), mount: "jwt".into() }];
    for method in methods {
        let (double, clock): (_, Arc<FixedClock>) = (VaultDouble::start().await, Arc::default());
        double.put("a", json!({"key": "one"}));
        double.let_in("credential", 900);
        let vault = vault(&double, &clock, method, "credential");
        for _ in 0..3 {
            assert_eq!(read(&vault, "a").await.as_deref(), Ok("one"));
        }
        assert_eq!((double.count("POST /v1/auth/"), double.count("POST /v1/auth/token/renew-self")), (1, 0));
        clock.advance(TimeDelta::seconds(700));
        assert_eq!(read(&vault, "a").await.as_deref(), Ok("one"));
        assert_eq!(double.count("POST /v1/auth/token/renew-self"), 1);
        clock.advance(TimeDelta::seconds(2000));
        assert_eq!(read(&vault, "a").await.as_deref(), Ok("one"));
        assert_eq!(double.count("POST /v1/auth/"), 3, "a token that ended is not renewed: one more login");
    }
}

#[tokio::test]
async fn a_token_that_was_revoked_is_replaced_by_one_more_login() {
    let (double, clock) = (VaultDouble::start().await, Arc::default());
    double.put("a", json!({"key": "one"}));
    double.let_in("credential", 900);
    let vault = vault(&double, &clock, approle(), "credential");
    assert_eq!(read(&vault, "a").await.as_deref(), Ok("one"));
    double.accept(&[]);
    assert_eq!(read(&vault, "a").await.as_deref(), Ok("one"));
    assert_eq!(double.count("POST /v1/auth/approle/login"), 2);
}

#[tokio::test]
async fn each_failure_says_what_failed_and_nothing_of_the_credential() {
    let (double, clock) = (VaultDouble::start().await, Arc::default());
    let wrong_role = vault(&double, &clock, approle(), "wrong-credential");
    assert_eq!(read(&wrong_role, "a").await, Err(ReadError::Unauthenticated));
    let wrong_token = vault(&double, &clock, VaultAuth::Token, "wrong-credential");
    assert_eq!(read(&wrong_token, "a").await, Err(ReadError::Forbidden));
    double.mood(Mood::Fails);
    assert_eq!(read(&wrong_role, "a").await, Err(ReadError::Status { status: 503 }));
    double.mood(Mood::Silent);
    assert_eq!(read(&wrong_role, "a").await, Err(ReadError::TooSlow));
    double.mood(Mood::Floods);
    assert!(matches!(read(&wrong_role, "a").await, Err(ReadError::Unreachable { .. })));
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = nobody.local_addr().expect("an address").port();
    drop(nobody);
    let gone = Vault::new(
        client(port),
        clock.clone(),
        &format!("http://127.0.0.1:{port}"),
        VaultSettings::default(),
        SecretValue::new("wrong-credential".into()),
    );
    let error = read(&gone, "a").await.expect_err("nobody is there");
    assert!(matches!(error, ReadError::Unreachable { .. }), "{error:?}");
    for told in [format!("{error} {error:?}"), format!("{gone:?} {wrong_role:?} {wrong_token:?}")] {
        assert!(!told.contains("wrong-credential"), "{told}");
    }
}
