//! The two calls that turn a code into a person.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use hyper::{Request, StatusCode, header};
use promptsync_core::oidc::Metadata;
use serde_json::{Map, Value};

use super::{OidcError, Provider, fetch};

const TOKEN: &str = "the token endpoint";
const USERINFO: &str = "the userinfo endpoint";

/// What is sent to exchange a code.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) code: &'a str,
    pub(super) verifier: &'a str,
    pub(super) redirect_uri: &'a str,
}

/// What a code was exchanged for.
pub(super) struct Tokens {
    pub(super) id_token: String,
    pub(super) access_token: Option<String>,
}

/// A code that was not exchanged.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExchangeError {
    /// The provider says no: the code was used, is old, or belongs to another verifier.
    #[error("it does not accept the code (`{0}`)")]
    Refused(&'static str),
    /// The provider answers with something else than tokens.
    #[error("its token endpoint gives no tokens")]
    NoTokens,
    /// The provider sends us elsewhere with the code, which nobody else may get.
    #[error("its token endpoint sends us elsewhere")]
    Redirect,
}

/// Exchanges a code.
pub(super) async fn code(
    provider: &Provider,
    metadata: &Metadata,
    question: Question<'_>,
) -> Result<Tokens, OidcError> {
    let answer = provider.fetch.send(TOKEN, request(provider, metadata, question)).await?;
    let status = answer.status();
    if status.is_redirection() {
        return Err(ExchangeError::Redirect.into());
    }
    if status.is_server_error() {
        return Err(fetch::FetchError::Status { what: TOKEN, status }.into());
    }
    let mut object = fetch::object(TOKEN, &answer)?;
    if status != StatusCode::OK {
        return Err(ExchangeError::Refused(known_error(&object)).into());
    }
    let is_bearer = |kind: &str| kind.eq_ignore_ascii_case("bearer");
    if !object.get("token_type").and_then(Value::as_str).is_some_and(is_bearer) {
        return Err(ExchangeError::NoTokens.into());
    }
    let mut take = |name: &str| match object.remove(name) {
        Some(Value::String(token)) if !token.is_empty() => Some(token),
        _ => None,
    };
    let id_token = take("id_token").ok_or(ExchangeError::NoTokens)?;
    Ok(Tokens { id_token, access_token: take("access_token") })
}

/// Asks for more about the person the access token stands for. It must be the same person: see `same_subject`.
pub(super) async fn userinfo(
    provider: &Provider,
    endpoint: &str,
    access_token: &str,
) -> Result<Map<String, Value>, OidcError> {
    Ok(provider.fetch.object(USERINFO, endpoint, Some(access_token)).await?)
}

fn request(
    provider: &Provider,
    metadata: &Metadata,
    question: Question<'_>,
) -> Result<Request<Bytes>, hyper::http::Error> {
    let settings = &provider.settings;
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code")
        .append_pair("code", question.code)
        .append_pair("redirect_uri", question.redirect_uri)
        .append_pair("code_verifier", question.verifier);
    let mut request = Request::post(&metadata.token_endpoint)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json");
    match &settings.client_secret {
        Some(secret) if metadata.secret_in_form => {
            form.append_pair("client_id", &settings.client_id).append_pair("client_secret", &secret.0);
        }
        Some(secret) => {
            request = request.header(header::AUTHORIZATION, basic(&settings.client_id, &secret.0));
        }
        None => {
            form.append_pair("client_id", &settings.client_id);
        }
    }
    request.body(Bytes::from(form.finish()))
}

/// Id and secret as RFC 6749, 2.3.1 wants them: each encoded as in a form, then together.
fn basic(id: &str, secret: &str) -> String {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", BASE64.encode(format!("{}:{}", encode(id), encode(secret))))
}

/// The error of RFC 6749, 5.2; the texts beside it are not repeated.
fn known_error(object: &Map<String, Value>) -> &'static str {
    const KNOWN: [&str; 6] = [
        "invalid_grant",
        "invalid_client",
        "invalid_request",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
    ];
    let given = object.get("error").and_then(Value::as_str).unwrap_or_default();
    KNOWN.into_iter().find(|known| *known == given).unwrap_or("another error")
}

#[cfg(test)]
mod tests {
    use super::basic;

    #[test]
    fn the_secret_is_encoded_before_it_is_joined() {
        // `c%3Ad` and `s+%26%25`
        assert_eq!(basic("c:d", "s &%"), "Basic YyUzQWQ6cyslMjYlMjU=");
    }
}
