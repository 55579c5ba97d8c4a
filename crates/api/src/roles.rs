//! Roles: the built-in ones and those of the workspace.

use chrono::{DateTime, Utc};
use promptsync_core::access::Permissions;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST /api/roles`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateRole {
    /// Its name, unique in the workspace without regard to case; never that of a built-in role.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// What it allows; no more than its maker may do in the whole workspace.
    pub permissions: Permissions,
}

/// `PUT /api/roles/{role}`: what is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditRole {
    /// Another name.
    #[serde(default)]
    pub name: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// What it allows from now on, wherever it was given.
    #[serde(default)]
    pub permissions: Option<Permissions>,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What it allows.
    pub permissions: Permissions,
    /// Whether it is built in: such a role does not change.
    pub built_in: bool,
    /// When it was defined; `null` when it is built in.
    pub created_at: Option<DateTime<Utc>>,
    /// When it was changed last.
    pub updated_at: Option<DateTime<Utc>>,
}
