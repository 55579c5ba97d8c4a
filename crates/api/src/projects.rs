//! Projects and their modules.

use chrono::{DateTime, Utc};
use promptsync_core::names::{ModulePath, ProjectName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Project {
    /// Its name.
    pub name: ProjectName,
    /// What it is for.
    pub description: String,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// How many prompts it has.
    pub prompt_count: i64,
}

/// `POST /api/projects`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateProject {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
}

/// A module: a folder of prompts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Module {
    /// Its path; empty for the root.
    pub path: ModulePath,
    /// Prompts directly in it.
    pub prompt_count: i64,
}
