//! Workspaces.

use chrono::{DateTime, Utc};
use promptsync_core::{ids::WorkspaceId, names::WorkspaceName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST /api/workspaces` and `PUT /api/workspaces/{workspace}`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NameWorkspace {
    /// Its name, unique on the server without regard to case.
    pub name: String,
}

/// A workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Workspace {
    /// Its id.
    #[schemars(with = "String")]
    pub id: WorkspaceId,
    /// Its name.
    pub name: WorkspaceName,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// Whether this request was made in it.
    pub current: bool,
}
