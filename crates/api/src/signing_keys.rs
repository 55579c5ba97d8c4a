//! The keys a workspace signs versions, locks and snapshots with.

use promptsync_core::signing::KeyLink;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `GET /api/signing-keys`: the public keys, and why each is believed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SigningKeys {
    /// The workspace's id, which every signed statement names.
    pub workspace: String,
    /// Oldest first: each was signed by the one before. The last one signs now.
    pub keys: Vec<KeyLink>,
}

/// `POST /api/signing-keys/rotate`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateSigningKey {
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
}
