//! What went wrong with a call to somebody else's server, as an answer.

use promptsync_api::error::{UPSTREAM_LIMIT, UPSTREAM_UNREACHABLE, URL_REFUSED};
use promptsync_outbound::{Refused, SendError};

use super::error::ApiError;

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        let error = Self::new(URL_REFUSED, refused.to_string());
        match refused.hint() {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

impl From<SendError> for ApiError {
    fn from(failure: SendError) -> Self {
        match failure {
            SendError::Refused(refused) => refused.into(),
            SendError::Unreachable { .. } => Self::new(UPSTREAM_UNREACHABLE, failure.to_string()),
            SendError::TooSlow { .. } | SendError::TooLong { .. } | SendError::Compressed => {
                Self::new(UPSTREAM_LIMIT, failure.to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_failure_has_its_status_and_code() {
        let refused = Refused::Port { port: 22 };
        let cases = [
            (SendError::Refused(refused), 422, "url_refused"),
            (SendError::Unreachable { reason: "x".into() }, 502, "upstream_unreachable"),
            (SendError::TooSlow { limit: Duration::from_secs(30) }, 502, "upstream_limit"),
            (SendError::TooLong { limit: 1 }, 502, "upstream_limit"),
            (SendError::Compressed, 502, "upstream_limit"),
        ];
        for (failure, status, code) in cases {
            let response = ApiError::from(failure).into_response("t");
            let body: serde_json::Value =
                serde_json::from_slice(response.body().whole().expect("a whole body")).expect("a problem");
            assert_eq!((response.status().as_u16(), body["code"].as_str()), (status, Some(code)));
        }
    }
}
