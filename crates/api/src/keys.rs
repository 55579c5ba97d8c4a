//! API keys.

use chrono::{DateTime, Utc};
use promptsync_core::{access::Role, ids::KeyId, names::ProjectName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST /api/keys`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateKey {
    /// What the key is for.
    pub name: String,
    /// What it may do; no more than its creator.
    pub role: Role,
    /// The only project it opens; every project of the workspace when absent.
    #[serde(default)]
    pub project: Option<String>,
    /// When it stops working.
    #[serde(default)]
    pub expires_at: Option<DateTime<Utc>>,
}

/// A key, without its secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Key {
    /// Its id.
    #[schemars(with = "String")]
    pub id: KeyId,
    /// What it is for.
    pub name: String,
    /// How it begins and ends: `ps_01JD…x9Qz`.
    pub masked: String,
    /// What it may do.
    pub role: Role,
    /// The only project it opens.
    pub project: Option<ProjectName>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it stops working.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// A new key, with its secret: shown this once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CreatedKey {
    /// The key.
    #[serde(flatten)]
    pub key: Key,
    /// The secret, for `Authorization: Bearer …`.
    pub secret: String,
}
