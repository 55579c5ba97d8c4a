//! Signing in at an identity provider.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST /api/auth/oidc/invitation`
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptAtProvider {
    /// The token of the invitation's link.
    #[serde(default, deserialize_with = "crate::sign_in::text_or_nothing")]
    pub token: Option<String>,
}

/// `POST /api/auth/oidc/link`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkAtProvider {
    /// A path of this server to go on at afterwards; its start page when absent.
    #[serde(default)]
    pub next: Option<String>,
}

/// Where the browser goes on: to the identity provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AtProvider {
    /// The address.
    pub location: String,
}

impl std::fmt::Debug for AcceptAtProvider {
    /// Shows nothing: it holds a token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AcceptAtProvider(…)")
    }
}
