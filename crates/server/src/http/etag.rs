//! Entity tags: what a caller has seen, and whether it is still so.

use hyper::{HeaderMap, header::HeaderName};
use promptsync_api::error::{BAD_REQUEST, PRECONDITION_REQUIRED, STALE};

use super::{error::ApiError, fields::Fields};

/// Whether a list of tags in a header (`If-Match`, `If-None-Match`) names this one. Weak tags are compared by
/// their text, because every answer here is generated alike for the same state.
pub(crate) fn names(fields: &(impl Fields + ?Sized), header: &HeaderName, tag: &str) -> bool {
    fields.all(header).filter_map(|value| std::str::from_utf8(value).ok()).any(|list| {
        list.split(',').map(str::trim).any(|item| item == "*" || item.trim_start_matches("W/") == tag)
    })
}

/// What a caller expects of the object it is about to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Nothing was said.
    Nothing,
    /// `If-None-Match: *`: the object must not exist yet.
    Absent,
    /// `If-Match: "12"`: the object must be at one of these revisions.
    Revisions(Vec<i64>),
    /// `If-Match: *`: the object must exist.
    Present,
}

impl Expected {
    /// Reads the conditions of a request.
    pub(crate) fn read(headers: &HeaderMap) -> Result<Self, ApiError> {
        let text =
            |name| headers.get(name).map(|value: &hyper::header::HeaderValue| value.to_str().unwrap_or(""));
        match (text(hyper::header::IF_MATCH), text(hyper::header::IF_NONE_MATCH)) {
            (None, None) => Ok(Self::Nothing),
            (None, Some("*")) => Ok(Self::Absent),
            (Some("*"), None) => Ok(Self::Present),
            (Some(tags), None) => Ok(Self::Revisions(
                tags.split(',').filter_map(|tag| tag.trim().trim_matches('"').parse().ok()).collect(),
            )),
            _ => Err(ApiError::new(BAD_REQUEST, "use one of If-Match (with an ETag) and If-None-Match: *")),
        }
    }

    /// Whether the object's revision, if it exists, is what the caller expects.
    pub(crate) fn check(&self, current: Option<i64>) -> Result<(), ApiError> {
        match (self, current) {
            (Self::Nothing, Some(revision)) => Err(ApiError::new(
                PRECONDITION_REQUIRED,
                "say which state you are changing, so that nobody's move is lost",
            )
            .hint(format!("send If-Match: \"{revision}\" if that is the state you have seen"))),
            (Self::Nothing | Self::Absent, None) | (Self::Present, Some(_)) => Ok(()),
            (Self::Revisions(seen), Some(revision)) if seen.contains(&revision) => Ok(()),
            (Self::Absent, Some(revision)) => {
                Err(ApiError::new(STALE, format!("it exists already, at revision {revision}")))
            }
            (Self::Revisions(_), Some(revision)) => {
                Err(ApiError::new(STALE, format!("it is at revision {revision} now"))
                    .hint("read it again, then decide whether to move it"))
            }
            (Self::Present | Self::Revisions(_), None) => Err(ApiError::new(STALE, "it does not exist")),
        }
    }
}
