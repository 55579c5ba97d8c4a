//! The body of a request: read within a limit, then JSON in its strictest reading.

use bytes::Bytes;
use http_body_util::{BodyExt as _, combinators::UnsyncBoxBody};
use hyper::body::Body as _;
use hyper::{
    HeaderMap,
    header::{CONTENT_ENCODING, CONTENT_TYPE},
};
use promptsync_api::error::{self, TIMEOUT, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE};
use promptsync_core::{files::json::parse_strict, limits::Limits, problem::Problem};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::ApiError;

/// A request's body as it arrives.
pub type RequestBody = UnsyncBoxBody<Bytes, BodyError>;

/// Why a body did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Nothing came for too long, or all of it took too long.
    #[error("the body did not arrive in time")]
    Timeout,
    /// The connection or its framing broke.
    #[error("the body ended early or is framed wrongly")]
    Broken,
}

/// Reads a whole body of at most `limit` bytes.
///
/// Of a body that is too large a little more is read and dropped, so that a client that first writes and then
/// reads gets to see the answer.
pub(crate) async fn read(
    mut body: RequestBody,
    headers: &HeaderMap,
    limit: usize,
) -> Result<Bytes, ApiError> {
    if headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(ApiError::new(UNSUPPORTED_MEDIA_TYPE, "compressed bodies are not accepted"));
    }
    let announced = body.size_hint().exact().and_then(|size| usize::try_from(size).ok()).unwrap_or(0);
    let mut kept = Vec::with_capacity(announced.min(limit));
    let mut seen = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| match error {
            BodyError::Timeout => ApiError::new(TIMEOUT, error.to_string()),
            BodyError::Broken => ApiError::new(error::BAD_REQUEST, error.to_string()),
        })?;
        let Ok(data) = frame.into_data() else { continue };
        seen = seen.saturating_add(data.len());
        if seen > limit.saturating_mul(4) {
            break;
        }
        if seen > limit {
            kept = Vec::new();
        } else {
            kept.extend_from_slice(&data);
        }
    }
    if seen > limit {
        return Err(ApiError::new(TOO_LARGE, format!("a request body here has at most {limit} bytes")));
    }
    Ok(kept.into())
}

/// Whether the caller says that the body is JSON.
pub(crate) fn require_json(headers: &HeaderMap) -> Result<(), ApiError> {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let kind = given.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    if kind == "application/json" {
        return Ok(());
    }
    Err(ApiError::new(UNSUPPORTED_MEDIA_TYPE, "the body must be JSON")
        .hint("send Content-Type: application/json"))
}

/// Parses JSON strictly, then into the request's type.
pub(crate) fn parse<T: DeserializeOwned>(bytes: Bytes, limits: &Limits) -> Result<T, ApiError> {
    let value = parse_strict(&bytes, limits).map_err(ApiError::of)?;
    drop(bytes);
    from_value(value)
}

/// Reads a JSON value as a request, and says which field does not fit. Values are never repeated in the answer:
/// they may be secrets.
pub(crate) fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, ApiError> {
    // serde would also fill a struct from a list, field by field.
    if !value.is_object() {
        return Err(ApiError::of(Problem::new("wrong_type", "the body must be a JSON object")));
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let (code, message) = classify(&error.into_inner().to_string());
        let problem = Problem::new(code, message);
        ApiError::of(if path == "." { problem } else { problem.at_path(path) })
    })
}

/// serde tells its kinds of failure apart only by their text.
fn classify(text: &str) -> (&'static str, String) {
    let expected = |text: &str| {
        text.split_once(", expected ").map_or("another value".to_owned(), |(_, rest)| rest.to_owned())
    };
    if text.starts_with("unknown field") {
        ("unknown_field", text.to_owned())
    } else if text.starts_with("missing field") {
        ("missing_field", text.to_owned())
    } else if text.starts_with("invalid type") || text.starts_with("invalid length") {
        ("wrong_type", format!("expected {}", expected(text)))
    } else if text.starts_with("unknown variant") || text.starts_with("invalid value") {
        ("invalid", format!("expected {}", expected(text)))
    } else {
        ("invalid", "the value does not fit this field".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use promptsync_api::{push::Push, render::RenderPrompt};
    use serde_json::json;

    use super::from_value;

    #[test]
    fn a_field_that_does_not_fit_is_named_and_its_value_is_not_repeated() {
        let error =
            format!("{:?}", from_value::<RenderPrompt>(json!({"tags": "hunter2"})).expect_err("a text"));
        assert!(error.contains("wrong_type") && error.contains("tags"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
        let error =
            format!("{:?}", from_value::<Push>(json!({"files": [{"path": "a"}]})).expect_err("no content"));
        assert!(error.contains("missing_field") && error.contains("files[0]"), "{error}");
        let error =
            format!("{:?}", from_value::<Push>(json!({"files": [], "locked": false})).expect_err("extra"));
        assert!(error.contains("unknown_field") && error.contains("locked"), "{error}");
    }
}
