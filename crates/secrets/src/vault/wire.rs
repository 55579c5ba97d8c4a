//! Requests to a Vault and what its answers say.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use promptsync_core::secrets::SecretValue;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Vault, session::Lease};
use crate::{Fields, ReadError};

/// What a Vault answers.
#[derive(Deserialize)]
pub(super) struct Answer {
    data: Option<Map<String, Value>>,
    auth: Option<Auth>,
}

#[derive(Deserialize)]
struct Auth {
    client_token: String,
    #[serde(default)]
    lease_duration: u64,
    #[serde(default)]
    renewable: bool,
}

/// The fields of a secret of a store of version 2: they are inside `data.data`.
pub(super) fn fields(answer: Answer) -> Result<Fields, ReadError> {
    let mut data = answer.data.ok_or(ReadError::Answer)?;
    match data.remove("data") {
        Some(Value::Object(fields)) => Fields::named(fields),
        // The newest version was deleted.
        Some(Value::Null) => Err(ReadError::NotFound),
        _ => Err(ReadError::Answer),
    }
}

/// The text of this name in an answer of the transit engine.
pub(super) fn text(answer: Answer, name: &str) -> Result<SecretValue, ReadError> {
    match answer.data.ok_or(ReadError::Answer)?.remove(name) {
        Some(Value::String(text)) => Ok(SecretValue::new(text)),
        _ => Err(ReadError::Answer),
    }
}

/// Signs in with a method.
pub(super) async fn login(vault: &Vault, mount: &str, body: &Value) -> Result<Lease, ReadError> {
    let path = format!("auth/{mount}/login");
    let answer = send(vault, Method::POST, &path, None, Some(body)).await.map_err(|error| match error {
        // A wrong role or secret is answered with 400, 403 or 404, depending on the method.
        ReadError::Forbidden | ReadError::NotFound | ReadError::Status { status: 400 } => {
            ReadError::Unauthenticated
        }
        other => other,
    })?;
    lease(answer.auth)
}

/// Makes a token last longer.
pub(super) async fn renew(vault: &Vault, token: &SecretValue) -> Result<Lease, ReadError> {
    let body = Value::Object(Map::new());
    let answer = send(vault, Method::POST, "auth/token/renew-self", Some(token), Some(&body)).await?;
    lease(answer.auth)
}

/// What a token's owner may know about it.
pub(super) async fn lookup(vault: &Vault, token: &SecretValue) -> Result<Lease, ReadError> {
    let answer = send(vault, Method::GET, "auth/token/lookup-self", Some(token), None).await?;
    let data = answer.data.ok_or(ReadError::Answer)?;
    let seconds = data.get("ttl").and_then(Value::as_u64).unwrap_or_default();
    let renewable = data.get("renewable").and_then(Value::as_bool).unwrap_or_default();
    Ok(Lease { token: token.clone(), lasts: Duration::from_secs(seconds), renewable })
}

fn lease(auth: Option<Auth>) -> Result<Lease, ReadError> {
    let auth = auth.ok_or(ReadError::Answer)?;
    Ok(Lease {
        token: SecretValue::new(auth.client_token),
        lasts: Duration::from_secs(auth.lease_duration),
        renewable: auth.renewable,
    })
}

/// Sends one request.
pub(super) async fn send(
    vault: &Vault,
    method: Method,
    path: &str,
    token: Option<&SecretValue>,
    body: Option<&Value>,
) -> Result<Answer, ReadError> {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("{}/v1/{path}", vault.url))
        // Vault answers some requests only with it: a browser cannot be made to send it.
        .header("x-vault-request", "true");
    if let Some(token) = token {
        request = request.header("x-vault-token", token.expose());
    }
    if !vault.settings.namespace.is_empty() {
        request = request.header("x-vault-namespace", &vault.settings.namespace);
    }
    let body = body.map_or_else(Bytes::new, |body| body.to_string().into());
    let request = request.body(body).map_err(|_| ReadError::Unreachable {
        reason: "the connector's URL or credential cannot be sent".to_owned(),
    })?;
    let answer = vault.client.send(request).await?;
    match answer.status() {
        StatusCode::OK => serde_json::from_slice(answer.body()).map_err(|_| ReadError::Answer),
        StatusCode::NOT_FOUND => Err(ReadError::NotFound),
        StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => Err(ReadError::Forbidden),
        status => Err(ReadError::Status { status: status.as_u16() }),
    }
}
