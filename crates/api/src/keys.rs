//! API keys.

use chrono::{DateTime, Utc};
use promptsync_core::{
    audit::Actor,
    ids::KeyId,
    names::{AliasName, ModulePath, ProjectName},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST /api/keys`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateKey {
    /// What the key is for.
    pub name: String,
    /// Its role, built in or of the workspace; it allows no more than its creator may do there.
    pub role: String,
    /// The only project it opens; every project of the workspace when absent.
    #[serde(default)]
    pub project: Option<String>,
    /// With `project`: the only module whose prompts it opens.
    #[serde(default)]
    pub module: Option<String>,
    /// With `project`: the only alias it opens, with the prompts asked for by it.
    #[serde(default)]
    pub environment: Option<String>,
    /// When it starts to work; at once when absent.
    #[serde(default)]
    pub not_before: Option<DateTime<Utc>>,
    /// When it stops working; never when absent.
    #[serde(default)]
    pub expires_at: Option<DateTime<Utc>>,
}

/// `POST /api/keys/{id}/rotate`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateKey {
    /// How long the old secret opens the key beside the new one; 0, not at all, when absent. At most 30 days.
    #[serde(default)]
    pub overlap_seconds: u32,
}

/// A key, without its secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Key {
    /// Its id.
    #[schemars(with = "String")]
    pub id: KeyId,
    /// What it is for.
    pub name: String,
    /// How it begins and ends: `ps_01jd…x9Qz`.
    pub masked: String,
    /// Its role.
    pub role: String,
    /// The only project it opens.
    pub project: Option<ProjectName>,
    /// The only module it opens.
    pub module: Option<ModulePath>,
    /// The only alias it opens.
    pub environment: Option<AliasName>,
    /// Who made it.
    pub created_by: Option<Actor>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it starts to work.
    pub not_before: Option<DateTime<Utc>>,
    /// When it stops working.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it got its present secret, when that is not the first.
    pub rotated_at: Option<DateTime<Utc>>,
    /// Until when the secret before opens it too.
    pub previous_until: Option<DateTime<Utc>>,
    /// When it was used last, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
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
