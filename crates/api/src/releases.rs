//! Releases: numbered manifests of a project.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use promptsync_core::{audit::Actor, names::PromptName, versions::VersionNumber};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Release {
    /// Its own version.
    pub version: VersionNumber,
    /// Prompt → version.
    pub manifest: BTreeMap<PromptName, VersionNumber>,
    /// What changed.
    pub changelog: Option<String>,
    /// Who made it.
    pub author: Actor,
    /// The commit it was pushed from.
    pub git_commit: Option<String>,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// A release in a list, without its manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReleaseSummary {
    /// Its own version.
    pub version: VersionNumber,
    /// How many prompts it names.
    pub prompt_count: i64,
    /// What changed.
    pub changelog: Option<String>,
    /// Who made it.
    pub author: Actor,
    /// The commit it was pushed from.
    pub git_commit: Option<String>,
    /// When.
    pub created_at: DateTime<Utc>,
}
