use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use promptsync_core::secrets::SecretValue;
use promptsync_outbound::{Client, Limits, Network, Policy, SystemLookup};
use promptsync_secrets::{
    ReadError, Vault,
    vault::{TransitKey, VaultAuth, VaultSettings},
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

#[tokio::test]
async fn the_transit_engine_wraps_and_unwraps_past_new_versions_of_its_key_and_with_each_way_to_sign_in() {
    let key: TransitKey = "transit/promptsync".parse().expect("a key");
    let methods = [VaultAuth::Token, approle(), VaultAuth::Jwt { role: "r".into(), mount: "jwt".into() }];
    for method in methods {
        let (double, clock) = (VaultDouble::start().await, Arc::default());
        double.make_transit_key("promptsync");
        double.let_in(TOKEN, 900);
        let vault = vault(&double, &clock, method, TOKEN);
        let first = vault.wrap(&key, b"\0secret").await.expect("wrapped");
        double.make_transit_key("promptsync");
        let second = vault.wrap(&key, b"\0secret").await.expect("wrapped");
        assert!(first.starts_with("vault:v1:") && second.starts_with("vault:v2:"), "{first} {second}");
        for wrapped in [&first, &second] {
            assert_eq!(vault.unwrap(&key, wrapped).await.expect("unwrapped").as_slice(), b"\0secret");
        }
        let mut altered = first.into_bytes();
        altered[30] ^= 1;
        let altered = String::from_utf8(altered).expect("text");
        assert_eq!(vault.unwrap(&key, &altered).await, Err(ReadError::Status { status: 400 }));
        let other = "transit/other".parse().expect("a key");
        assert_eq!(vault.unwrap(&other, &second).await, Err(ReadError::Status { status: 400 }));
    }
}

#[tokio::test]
async fn a_session_that_ended_before_its_time_is_opened_again_for_the_transit_engine_too() {
    let (double, clock) = (VaultDouble::start().await, Arc::default());
    double.make_transit_key("promptsync");
    double.let_in("credential", 900);
    let key: TransitKey = "transit/promptsync".parse().expect("a key");
    let vault = vault(&double, &clock, approle(), "credential");
    let wrapped = vault.wrap(&key, b"x").await.expect("wrapped");
    double.accept(&[]);
    assert_eq!(vault.unwrap(&key, &wrapped).await.expect("unwrapped").as_slice(), b"x");
    assert_eq!(double.count("POST /v1/auth/approle/login"), 2);
}

#[test]
fn the_name_of_a_transit_key_cannot_leave_its_engine() {
    for (text, fits) in [
        ("transit/promptsync", true),
        ("team/a/transit/k", true),
        ("transit", false),
        ("", false),
        ("transit/", false),
        ("/k", false),
        ("transit/../sys/raw", false),
        ("transit/k?x=y", false),
        ("transit/a%2fb", false),
        ("transit/k#x", false),
    ] {
        assert_eq!(text.parse::<TransitKey>().is_ok(), fits, "{text}");
    }
}
