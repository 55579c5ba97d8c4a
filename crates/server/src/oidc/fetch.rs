//! Calls to the provider: only through the guarded client, with little time and few bytes.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use hyper::{Request, Response, StatusCode, header::CONTENT_TYPE};
use promptsync_core::{files::json::parse_strict, limits::Limits as Sizes};
use promptsync_outbound::{Client, Limits, Policy, SendError, SystemLookup};
use serde_json::{Map, Value};

/// Seconds for one call. A person waits for three of them.
const LIMITS: Limits =
    Limits { connect: Duration::from_secs(3), total: Duration::from_secs(8), bytes: 256 << 10 };

/// The client of the provider.
#[derive(Debug)]
pub(super) struct Fetch(Client);

/// A provider that gives no usable answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// Nothing came back, or nothing that was read to its end.
    #[error("{what}")]
    Send {
        /// What was asked for.
        what: &'static str,
        /// Why.
        #[source]
        source: SendError,
    },
    /// It failed a moment ago.
    #[error("{what} was asked for in vain a moment ago")]
    Resting {
        /// What was asked for.
        what: &'static str,
    },
    /// The answer has a status that says that it failed.
    #[error("{what} was answered with {status}")]
    Status {
        /// What was asked for.
        what: &'static str,
        /// The status.
        status: StatusCode,
    },
    /// The answer is not a JSON object.
    #[error("{what} is not a JSON object")]
    Form {
        /// What was asked for.
        what: &'static str,
    },
    /// The address cannot be called.
    #[error("{what} has no address that can be called")]
    Address {
        /// What was asked for.
        what: &'static str,
    },
}

impl Fetch {
    pub(super) fn new(policy: Policy) -> Self {
        Self(Client::with(policy, LIMITS, Arc::new(SystemLookup), Vec::new()))
    }

    /// Gets a JSON object.
    pub(super) async fn object(
        &self,
        what: &'static str,
        url: &str,
        bearer: Option<&str>,
    ) -> Result<Map<String, Value>, FetchError> {
        let mut request = Request::get(url).header("accept", "application/json");
        if let Some(token) = bearer {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer = self.send(what, request.body(Bytes::new())).await?;
        if answer.status() != StatusCode::OK {
            return Err(FetchError::Status { what, status: answer.status() });
        }
        object(what, &answer)
    }

    /// Sends a request, whatever the status of its answer.
    pub(super) async fn send(
        &self,
        what: &'static str,
        request: Result<Request<Bytes>, hyper::http::Error>,
    ) -> Result<Response<Bytes>, FetchError> {
        let request = request.map_err(|_| FetchError::Address { what })?;
        self.0.send(request).await.map_err(|source| FetchError::Send { what, source })
    }
}

/// The JSON object of an answer, read as strictly as what callers send.
pub(super) fn object(what: &'static str, answer: &Response<Bytes>) -> Result<Map<String, Value>, FetchError> {
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    // RFC 7517 gives key sets a type of their own.
    let is_json =
        ["application/json", "application/jwk-set+json"].iter().any(|json| kind.eq_ignore_ascii_case(json));
    match parse_strict(answer.body(), &Sizes::default()) {
        Ok(Value::Object(object)) if is_json => Ok(object),
        _ => Err(FetchError::Form { what }),
    }
}
