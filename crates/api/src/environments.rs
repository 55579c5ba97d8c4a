//! Environments: aliases with a policy.

use chrono::{DateTime, Utc};
use promptsync_core::names::AliasName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An alias and its policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// The alias; it need not exist yet.
    pub alias: AliasName,
    /// Whether it points at locked versions only.
    pub locked_only: bool,
    /// When it got a policy.
    pub created_at: DateTime<Utc>,
    /// When the policy was changed last.
    pub updated_at: DateTime<Utc>,
}

/// `PUT /api/projects/{project}/environments/{alias}`: the whole policy; what is left out is not demanded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetEnvironment {
    /// Whether the alias may point at locked versions only.
    #[serde(default)]
    pub locked_only: bool,
}
