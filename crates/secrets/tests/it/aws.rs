//! Against moto's server, which the test command starts. It checks signatures with AWS's own library.

use std::sync::Arc;

use http::Request;
use promptsync_core::secrets::SecretValue;
use promptsync_outbound::{Client, Network, Policy};
use promptsync_secrets::{
    Aws, ReadError,
    aws::{AwsSettings, CredentialSource, Credentials},
};
use promptsync_testing::FixedClock;
use serde_json::json;

/// The variable that names the server: `http://127.0.0.1:5000`.
const VARIABLE: &str = "PROMPTSYNC_TEST_AWS";

#[expect(clippy::disallowed_methods, reason = "tests have no configuration that could read the environment")]
fn server() -> Option<String> {
    let url = std::env::var(VARIABLE).ok();
    if url.is_none() {
        #[expect(clippy::print_stderr, reason = "a test that did not run must say so")]
        {
            eprintln!("SKIPPED on AWS Secrets Manager: {VARIABLE} is not set");
        }
    }
    url
}

fn client(url: &str) -> Client {
    let port = url.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    Client::new(Policy { allow: Network::list("127.0.0.1").expect("a network"), ports: vec![port] })
}

/// One call as moto takes it without a signature, which tells what it is about by its headers.
async fn call(url: &str, target: &str, body: serde_json::Value) {
    let request = Request::post(format!("{url}/"))
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", format!("secretsmanager.{target}"))
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=test/20200101/eu-central-1/secretsmanager/aws4_request, SignedHeaders=host, Signature=0",
        )
        .body(body.to_string())
        .expect("a request");
    let answer = client(url).send(request).await.expect("moto answers");
    assert!(answer.status().is_success(), "{answer:?}");
}

fn aws(url: &str, access_key: &str, secret_key: &str) -> Aws {
    let settings = AwsSettings { region: "eu-central-1".into(), prefix: "promptsync-test".into() };
    let credentials = Credentials {
        access_key: access_key.into(),
        secret_key: SecretValue::new(secret_key.into()),
        session_token: None,
    };
    let clock = Arc::new(FixedClock::default());
    Aws::new(client(url), clock, url, settings, CredentialSource::Stored(credentials))
}

#[tokio::test]
async fn a_secret_is_read_by_its_name_and_field() {
    let Some(url) = server() else { return };
    let name = "promptsync-test/payments/openai";
    call(&url, "CreateSecret", json!({"Name": name, "SecretString": "{\"key\": \"sk-one\"}"})).await;
    call(&url, "CreateSecret", json!({"Name": "promptsync-test/bytes", "SecretBinary": "AAEC"})).await;
    let aws = aws(&url, "test", "canary-secret-key");
    let fields = aws.read("payments/openai").await.expect("it is there");
    assert_eq!(fields.pick(Some("key")).expect("a field").expose(), "sk-one");
    assert_eq!(aws.read("payments/none").await.expect_err("it is not there"), ReadError::NotFound);
    assert!(matches!(aws.read("bytes").await, Err(ReadError::Form { .. })));
    assert_eq!(aws.test().await, Ok(()));
    assert!(!format!("{aws:?}").contains("canary"));
}
