//! Workspaces: nothing is shared between two of them.

use promptsync_core::{
    audit::genesis,
    ids::{UserId, WorkspaceId},
    names::WorkspaceName,
    time::Timestamp,
};

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::{Result, StoreError},
    rows::lies,
};

/// A team or tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// What it is called.
    pub name: WorkspaceName,
    /// When it was created.
    pub created_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct WorkspaceRow {
    id: String,
    name: String,
    created_at: Timestamp,
}

/// Creates a workspace with an empty audit chain. The unique rule is its name, without regard to case.
pub async fn insert(tx: &mut Tx, workspace: &Workspace) -> Result<()> {
    execute!(
        tx,
        sqlx::query("INSERT INTO workspaces (id, name, folded_name, created_at) VALUES ($1, $2, $3, $4)")
            .bind(workspace.id.as_str())
            .bind(workspace.name.as_str())
            .bind(workspace.name.folded())
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

/// Gives a workspace another name; says whether it was there. The unique rule is as in [`insert`].
pub async fn rename(tx: &mut Tx, id: &WorkspaceId, name: &WorkspaceName) -> Result<bool> {
    let renamed = execute!(
        tx,
        sqlx::query("UPDATE workspaces SET name = $2, folded_name = $3 WHERE id = $1")
            .bind(id.as_str())
            .bind(name.as_str())
            .bind(name.folded())
    )?;
    Ok(renamed == 1)
}

/// The workspace with that id.
pub async fn by_id(tx: &mut ReadTx, id: &WorkspaceId) -> Result<Option<Workspace>> {
    let row: Option<WorkspaceRow> = on!(tx, c => sqlx::query_as(
        "SELECT id, name, created_at FROM workspaces WHERE id = $1",
    )
    .bind(id.as_str())
    .fetch_optional(c)
    .await)?;
    row.map(Workspace::try_from).transpose()
}

/// The workspace of that name, without regard to case.
pub async fn by_name(tx: &mut ReadTx, name: &WorkspaceName) -> Result<Option<Workspace>> {
    let row: Option<WorkspaceRow> = on!(tx, c => sqlx::query_as(
        "SELECT id, name, created_at FROM workspaces WHERE folded_name = $1",
    )
    .bind(name.folded())
    .fetch_optional(c)
    .await)?;
    row.map(Workspace::try_from).transpose()
}

/// The workspaces a person belongs to, oldest first.
pub async fn of_user(tx: &mut ReadTx, user: &UserId) -> Result<Vec<Workspace>> {
    let rows: Vec<WorkspaceRow> = on!(tx, c => sqlx::query_as(
        "SELECT workspaces.id, workspaces.name, workspaces.created_at
         FROM members JOIN workspaces ON workspaces.id = members.workspace_id
         WHERE members.user_id = $1
         ORDER BY workspaces.id",
    )
    .bind(user.as_str())
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(Workspace::try_from).collect()
}

/// Every workspace, oldest first.
pub async fn list(tx: &mut ReadTx) -> Result<Vec<Workspace>> {
    let rows: Vec<WorkspaceRow> = on!(tx, c => sqlx::query_as(
        "SELECT id, name, created_at FROM workspaces ORDER BY id",
    )
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(Workspace::try_from).collect()
}

impl TryFrom<WorkspaceRow> for Workspace {
    type Error = StoreError;

    fn try_from(row: WorkspaceRow) -> Result<Self> {
        Ok(Self {
            name: WorkspaceName::parse(&row.name).map_err(lies("workspaces", "name", &row.id))?,
            id: WorkspaceId::new(row.id),
            created_at: row.created_at,
        })
    }
}
