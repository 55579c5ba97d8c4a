//! What a route answers with.

use bytes::Bytes;
use hyper::{
    HeaderMap, Method, Response, StatusCode,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH, LOCATION,
        SET_COOKIE,
    },
};
use promptsync_api::delivery::REVISION_HEADER;
use promptsync_core::audit::Revision;
use serde::Serialize;

use super::{
    answer::{AnswerBody, Endless},
    error::ApiError,
    etag,
};
use crate::delivery::{CACHING, Delivered};

/// What a handler returns.
pub(crate) type Answer<T> = Result<Reply<T>, ApiError>;

/// A successful answer: a value, and how it may be cached.
pub(crate) struct Reply<T> {
    status: StatusCode,
    etag: Option<HeaderValue>,
    revision: Option<Revision>,
    cache: &'static str,
    location: Option<String>,
    cookies: Vec<String>,
    body: Payload<T>,
}

enum Payload<T> {
    Json(T),
    Raw { content_type: &'static str, bytes: Bytes, policy: Option<&'static str> },
    Events(Endless),
    Nothing,
}

impl<T> Reply<T> {
    /// 200 with a JSON value, not cached by anyone.
    pub(crate) fn ok(value: T) -> Self {
        Self::with(Payload::Json(value))
    }

    /// 200 with bytes that are ready.
    pub(crate) fn raw(content_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        Self::with(Payload::Raw { content_type, bytes: bytes.into(), policy: None })
    }

    /// 200 with a prompt that was prepared.
    pub(crate) fn delivered(delivered: &Delivered) -> Self {
        let bytes = delivered.body();
        Self {
            etag: HeaderValue::from_str(delivered.answer.etag()).ok(),
            cache: CACHING,
            revision: Some(delivered.revision),
            ..Self::with(Payload::Raw { content_type: "application/json", bytes, policy: None })
        }
    }

    /// 200 with a page that may use what its policy allows.
    pub(crate) fn page(html: impl Into<Bytes>, policy: &'static str) -> Self {
        Self::with(Payload::Raw {
            content_type: "text/html; charset=utf-8",
            bytes: html.into(),
            policy: Some(policy),
        })
    }

    /// 200 with events for as long as both sides like.
    pub(crate) fn events(body: Endless) -> Self {
        Self::with(Payload::Events(body))
    }

    /// 204.
    pub(crate) fn nothing() -> Self {
        Self { status: StatusCode::NO_CONTENT, ..Self::with(Payload::Nothing) }
    }

    /// 303: the browser goes on with a GET there.
    pub(crate) fn see_other(location: impl Into<String>) -> Self {
        Self {
            status: StatusCode::SEE_OTHER,
            location: Some(location.into()),
            ..Self::with(Payload::Nothing)
        }
    }

    fn with(body: Payload<T>) -> Self {
        Self {
            status: StatusCode::OK,
            etag: None,
            revision: None,
            cache: "no-store",
            location: None,
            cookies: Vec::new(),
            body,
        }
    }

    /// The same with 201 and the address of what was made.
    pub(crate) fn created(mut self, location: String) -> Self {
        self.status = StatusCode::CREATED;
        self.location = Some(location);
        self
    }

    /// The same with another status.
    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The same, setting a cookie.
    pub(crate) fn cookie(mut self, cookie: String) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// The same with an entity tag; caches keep it but ask each time.
    pub(crate) fn etag(mut self, tag: impl std::fmt::Display) -> Self {
        self.etag = HeaderValue::from_maybe_shared(Bytes::from(format!("\"{tag}\""))).ok();
        self.cache = CACHING;
        self
    }

    /// The same, never changing.
    pub(crate) fn immutable(mut self) -> Self {
        self.cache = "private, max-age=31536000, immutable";
        self
    }
}

impl<T: Serialize> Reply<T> {
    /// The answer; 304 without body when the caller has it already.
    pub(crate) fn into_response(
        self,
        method: &Method,
        asked: &HeaderMap,
    ) -> Result<Response<AnswerBody>, ApiError> {
        let mut response = Response::new(Bytes::new().into());
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(self.cache));
        if let Some(revision) = self.revision {
            headers.insert(REVISION_HEADER, revision.into());
        }
        if let Some(location) = self.location.and_then(|location| location.parse().ok()) {
            headers.insert(LOCATION, location);
        }
        for cookie in self.cookies {
            let mut value = HeaderValue::from_str(&cookie).map_err(ApiError::internal)?;
            value.set_sensitive(true);
            headers.append(SET_COOKIE, value);
        }
        if let Some(tag) = self.etag {
            let fresh = matches!(*method, Method::GET | Method::HEAD)
                && tag.to_str().is_ok_and(|tag| etag::names(asked, &IF_NONE_MATCH, tag));
            headers.insert(ETAG, tag);
            if fresh {
                *response.status_mut() = StatusCode::NOT_MODIFIED;
                return Ok(response);
            }
        }
        let (content_type, bytes) = match self.body {
            Payload::Json(value) => {
                ("application/json", serde_json::to_vec(&value).map_err(ApiError::internal)?.into())
            }
            Payload::Raw { content_type, bytes, policy } => {
                if let Some(policy) = policy {
                    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
                }
                (content_type, bytes)
            }
            Payload::Events(body) => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
                // Proxies that collect answers would hold events back.
                headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
                *response.body_mut() = AnswerBody::stream(body);
                return Ok(response);
            }
            Payload::Nothing => return Ok(response),
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        *response.body_mut() = bytes.into();
        Ok(response)
    }
}
