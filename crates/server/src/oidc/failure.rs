//! Why nobody was signed in by the provider.

use promptsync_api::error::{OIDC_DENIED, OIDC_REFUSED, OIDC_STATE, OIDC_UNAVAILABLE};
use promptsync_core::oidc::{Deviation, MetadataError, Refusal};

use super::{exchange::ExchangeError, fetch::FetchError, token::TokenError};
use crate::http::error::ApiError;

/// Why nobody was signed in by the provider.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OidcError {
    /// It cannot be reached, or fails.
    #[error("the identity provider cannot be used")]
    Unavailable(#[from] FetchError),
    /// Its discovery document is not used.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// What the browser brought back is refused.
    #[error(transparent)]
    Callback(#[from] Refusal),
    /// The provider does not exchange the code.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// The ID token is not one, or its signature is wrong.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// What it says is not what must be said.
    #[error(transparent)]
    Claims(#[from] Deviation),
}

impl From<OidcError> for ApiError {
    /// Only our own words reach the browser: whatever a provider or a link says may have been written by anybody.
    fn from(error: OidcError) -> Self {
        let refused = |why: String| {
            ApiError::new(OIDC_REFUSED, format!("the identity provider's answer is not believed: {why}"))
                .hint("start again; an operator finds the cause in the server's log")
        };
        match error {
            OidcError::Callback(why @ (Refusal::State | Refusal::NoCode)) => {
                ApiError::new(OIDC_STATE, why.to_string()).hint("start again from the sign-in page")
            }
            OidcError::Callback(why @ Refusal::Denied) => ApiError::new(OIDC_DENIED, why.to_string())
                .hint("ask whoever runs it, or sign in another way"),
            OidcError::Callback(why @ Refusal::Issuer) => refused(why.to_string()),
            OidcError::Exchange(why) => refused(why.to_string()),
            OidcError::Token(why) => refused(why.to_string()),
            OidcError::Claims(why) => refused(why.to_string()),
            OidcError::Unavailable(why) => ApiError::caused(OIDC_UNAVAILABLE, why),
            OidcError::Metadata(why) => ApiError::caused(OIDC_UNAVAILABLE, why),
        }
    }
}
