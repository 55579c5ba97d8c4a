//! What happened to a project.

use chrono::{DateTime, Utc};
use promptsync_core::audit::{Actor, Revision};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryEntry {
    /// The workspace's revision it made.
    pub revision: Revision,
    /// What was done: `push`, `alias.move`, `version.archive`, ….
    pub action: String,
    /// Who did it.
    pub actor: Actor,
    /// What it was done to: `alias:production`, `release:1.2.0`.
    pub target: String,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}
