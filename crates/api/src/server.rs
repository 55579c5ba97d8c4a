//! The server about itself and about its caller.

use promptsync_core::{
    access::Permission,
    names::{AliasName, ModulePath, ProjectName},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::sign_in::UserView;

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
    /// The only module of the project the key opens.
    pub module: Option<ModulePath>,
    /// The only alias of the project the key opens.
    pub environment: Option<AliasName>,
    /// The key's role; `null` for people, who may have many.
    pub role: Option<String>,
    /// The person who signed in; `null` for a key.
    #[serde(default)]
    pub user: Option<UserView>,
    /// What is allowed somewhere in the workspace.
    pub permissions: Vec<Permission>,
}
