//! The server about itself and about its caller.

use promptsync_core::{
    access::{Permission, Role},
    names::ProjectName,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `GET /livez` and `GET /readyz`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Health {
    /// `ok`.
    pub status: String,
}

/// `GET /version`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServerVersion {
    /// `promptsync`.
    pub name: String,
    /// The version of the program.
    pub version: String,
}

/// `GET /api/whoami`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Whoami {
    /// The key's id.
    pub key: String,
    /// What the key is for.
    pub name: String,
    /// The workspace's id.
    pub workspace: String,
    /// The only project the key opens; every project of the workspace when `null`.
    pub project: Option<ProjectName>,
    /// The key's role.
    pub role: Role,
    /// What the role allows.
    pub permissions: Vec<Permission>,
}
