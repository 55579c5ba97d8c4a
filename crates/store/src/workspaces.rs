//! Workspaces: nothing is shared between two of them.

use promptsync_core::{audit::genesis, ids::WorkspaceId, time::Timestamp};

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::Result,
};

/// A team or tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// What it is called.
    pub name: String,
    /// When it was created.
    pub created_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct WorkspaceRow {
    id: String,
    name: String,
    created_at: Timestamp,
}

/// Creates a workspace with an empty audit chain.
pub async fn insert(tx: &mut Tx, workspace: &Workspace) -> Result<()> {
    execute!(
        tx,
        sqlx::query("INSERT INTO workspaces (id, name, created_at) VALUES ($1, $2, $3)")
            .bind(workspace.id.as_str())
            .bind(&workspace.name)
            .bind(workspace.created_at)
    )?;
    execute!(
        tx,
        sqlx::query("INSERT INTO audit_heads (workspace_id, revision, hash) VALUES ($1, 0, $2)")
            .bind(workspace.id.as_str())
            .bind(genesis().as_str())
    )?;
    Ok(())
}

/// Every workspace, oldest first.
pub async fn list(tx: &mut ReadTx) -> Result<Vec<Workspace>> {
    let rows: Vec<WorkspaceRow> = on!(tx, c => sqlx::query_as(
        "SELECT id, name, created_at FROM workspaces ORDER BY id",
    )
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(Workspace::from).collect())
}

impl From<WorkspaceRow> for Workspace {
    fn from(row: WorkspaceRow) -> Self {
        Self { id: WorkspaceId::new(row.id), name: row.name, created_at: row.created_at }
    }
}
