//! What an edge does not answer, and why: in the words of the server's API.

use promptsync_api::error::{self, NOT_AT_EDGE, UNAVAILABLE, UPSTREAM_UNTRUE};
use promptsync_client::{ClientError, sdk::SdkError};
use promptsync_core::problem::Problem;

use super::Relay;
use crate::http::error::ApiError;

impl Relay {
    /// Something that only the server answers.
    pub(super) fn elsewhere(&self, detail: impl Into<String>) -> ApiError {
        ApiError::new(NOT_AT_EDGE, detail)
            .hint(format!("ask the server this edge reads from: {}", self.upstream.url()))
    }

    /// Why the SDK gave nothing.
    pub(super) fn refused(&self, refused: SdkError) -> ApiError {
        let url = self.upstream.url();
        match refused {
            SdkError::NotFound(error) => ApiError::of(Problem::from(&*error)),
            SdkError::Name { problem } => ApiError::of(*problem),
            SdkError::Unavailable { cause } => self.refused(*cause),
            SdkError::Untrue(error) => {
                let detail = format!("what {url} says is not what the workspace signed");
                ApiError::many(UPSTREAM_UNTRUE, detail, vec![Problem::from(&*error)])
            }
            SdkError::Server(error) => match *error {
                // What it says about a name counts; about the edge's own key it is for the operator.
                ClientError::Refused { body } if matches!(body.status, 400 | 404 | 409 | 422) => {
                    let row = error::find(&body.code);
                    let refusal = ApiError::new(row, body.detail);
                    match body.hint {
                        Some(hint) => refusal.hint(hint),
                        None => refusal,
                    }
                }
                other => self.away(&other.to_string()),
            },
            other => self.away(&other.to_string()),
        }
    }

    /// The copy does not have it, and nobody can say whether it exists.
    pub(super) fn not_in_copy(&self) -> ApiError {
        let url = self.upstream.url();
        ApiError::new(UNAVAILABLE, format!("{url} is away, and the copy of this edge does not have it"))
            .retry_after(1)
    }

    /// Nothing is here, and the server gives nothing.
    fn away(&self, why: &str) -> ApiError {
        tracing::warn!(upstream = self.upstream.url(), why, "something that is not held cannot be had");
        let detail = format!("this is not held here, and {} does not give it now", self.upstream.url());
        ApiError::new(UNAVAILABLE, detail).retry_after(1)
    }
}
