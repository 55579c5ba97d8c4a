//! What signing in at an identity provider leaves behind: attempts that were used, and the roles that groups give.

use promptsync_core::{
    access::Role,
    ids::{BindingId, UserId, WorkspaceId},
    time::Timestamp,
};

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::Result,
    rows::lies,
};

/// A role in a whole workspace that somebody has because of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRole {
    /// The binding's id.
    pub id: BindingId,
    /// The role.
    pub role: Role,
}

/// Uses an attempt up; says whether it was not used before. Attempts used before `forget` are forgotten.
pub async fn spend(tx: &mut Tx, seed_hash: &[u8], now: Timestamp, forget: Timestamp) -> Result<bool> {
    execute!(tx, sqlx::query("DELETE FROM oidc_attempts WHERE used_at < $1").bind(forget))?;
    let spent = execute!(
        tx,
        sqlx::query(
            "INSERT INTO oidc_attempts (seed_hash, used_at) VALUES ($1, $2)
             ON CONFLICT (seed_hash) DO NOTHING",
        )
        .bind(seed_hash)
        .bind(now)
    )?;
    Ok(spent == 1)
}

/// The roles somebody has in a workspace because of their groups.
pub async fn roles(tx: &mut ReadTx, workspace: &WorkspaceId, user: &UserId) -> Result<Vec<GroupRole>> {
    let rows: Vec<(String, String)> = on!(tx, c => sqlx::query_as(
        "SELECT id, role
         FROM bindings
         WHERE workspace_id = $1 AND user_id = $2 AND given_by = 'provider'
         ORDER BY id",
    )
    .bind(workspace.as_str())
    .bind(user.as_str())
    .fetch_all(c)
    .await)?;
    rows.into_iter()
        .map(|(id, role)| {
            let role = Role::parse(&role).ok_or_else(|| lies("bindings", "role", &id)(()))?;
            Ok(GroupRole { id: BindingId::new(id), role })
        })
        .collect()
}

/// Gives somebody a role in a workspace because of a group.
pub async fn give_role(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    user: &UserId,
    given: &GroupRole,
    now: Timestamp,
) -> Result<()> {
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO bindings (id, workspace_id, user_id, role, created_at, given_by)
             VALUES ($1, $2, $3, $4, $5, 'provider')",
        )
        .bind(given.id.as_str())
        .bind(workspace.as_str())
        .bind(user.as_str())
        .bind(given.role.as_str())
        .bind(now)
    )?;
    Ok(())
}

/// Takes a role away that a group gave.
pub async fn take_role(tx: &mut Tx, workspace: &WorkspaceId, id: &BindingId) -> Result<()> {
    execute!(
        tx,
        sqlx::query("DELETE FROM bindings WHERE workspace_id = $1 AND id = $2 AND given_by = 'provider'")
            .bind(workspace.as_str())
            .bind(id.as_str())
    )?;
    Ok(())
}
