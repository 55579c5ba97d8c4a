//! Bindings: roles given to people and teams.

use chrono::{DateTime, Utc};
use promptsync_core::{
    access::Permissions,
    ids::BindingId,
    names::{AliasName, ModulePath, ProjectName},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST /api/bindings`: gives a role to a member or to a team; in the whole workspace when no project is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GiveRole {
    /// The role, built in or of the workspace.
    pub role: String,
    /// The member's address; either this or `team`.
    #[serde(default)]
    pub user: Option<String>,
    /// The team's name.
    #[serde(default)]
    pub team: Option<String>,
    /// The only project it holds in.
    #[serde(default)]
    pub project: Option<String>,
    /// With `project`: the only module it holds in.
    #[serde(default)]
    pub module: Option<String>,
    /// With `project`: the only alias it holds for.
    #[serde(default)]
    pub environment: Option<String>,
}

/// A role that somebody was given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Binding {
    /// Its id.
    #[schemars(with = "String")]
    pub id: BindingId,
    /// The role.
    pub role: String,
    /// What it allows.
    pub permissions: Permissions,
    /// The address of the member who was given it.
    pub user: Option<String>,
    /// The name of the team that was given it.
    pub team: Option<String>,
    /// The only project it holds in.
    pub project: Option<ProjectName>,
    /// The only module it holds in.
    pub module: Option<ModulePath>,
    /// The only alias it holds for.
    pub environment: Option<AliasName>,
    /// When it was given.
    pub created_at: DateTime<Utc>,
}
