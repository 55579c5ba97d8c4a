//! Workspaces.

use promptsync_store::workspaces;
use serde_json::{Map, json};

use super::change::Deed;

/// The audit entry of a new workspace: the first of its chain.
pub(crate) fn created(workspace: &workspaces::Workspace) -> Deed {
    Deed {
        action: "workspace.create",
        target: format!("workspace:{}", workspace.id),
        details: Map::from_iter([("name".to_owned(), json!(workspace.name))]),
        ..Deed::default()
    }
}
