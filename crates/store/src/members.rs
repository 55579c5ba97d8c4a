//! Members: which people belong to a workspace. What they may do there is in [`crate::bindings`].

use promptsync_core::{
    ids::{UserId, WorkspaceId},
    time::Timestamp,
};

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::{Result, StoreError},
    page::{Page, PageRequest},
};

/// A person in a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The person.
    pub user: UserId,
    /// The person's address.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// Whether the person may sign in at all.
    pub active: bool,
    /// Since when the person belongs to the workspace.
    pub created_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct MemberRow {
    user_id: String,
    email: String,
    name: String,
    active: bool,
    created_at: Timestamp,
}

/// Adds a person to a workspace; says whether they did not belong to it before.
pub async fn insert(tx: &mut Tx, workspace: &WorkspaceId, user: &UserId, now: Timestamp) -> Result<bool> {
    let added = execute!(
        tx,
        sqlx::query(
            "INSERT INTO members (workspace_id, user_id, created_at) VALUES ($1, $2, $3)
             ON CONFLICT (workspace_id, user_id) DO NOTHING",
        )
        .bind(workspace.as_str())
        .bind(user.as_str())
        .bind(now)
    )?;
    Ok(added == 1)
}

/// Takes a person out of a workspace, out of its teams, and away what they were given; says whether they belonged
/// to it.
pub async fn remove(tx: &mut Tx, workspace: &WorkspaceId, user: &UserId) -> Result<bool> {
    execute!(
        tx,
        sqlx::query("DELETE FROM bindings WHERE workspace_id = $1 AND user_id = $2")
            .bind(workspace.as_str())
            .bind(user.as_str())
    )?;
    execute!(
        tx,
        sqlx::query("DELETE FROM team_members WHERE workspace_id = $1 AND user_id = $2")
            .bind(workspace.as_str())
            .bind(user.as_str())
    )?;
    let removed = execute!(
        tx,
        sqlx::query("DELETE FROM members WHERE workspace_id = $1 AND user_id = $2")
            .bind(workspace.as_str())
            .bind(user.as_str())
    )?;
    Ok(removed == 1)
}

/// The member whose id or address that is, the address without regard to case.
pub async fn find(tx: &mut ReadTx, workspace: &WorkspaceId, id_or_email: &str) -> Result<Option<Member>> {
    let row: Option<MemberRow> = on!(tx, c => sqlx::query_as(
        "SELECT members.user_id, users.email, users.name, users.active, members.created_at
         FROM members JOIN users ON users.id = members.user_id
         WHERE members.workspace_id = $1 AND (members.user_id = $2 OR users.folded_email = $3)",
    )
    .bind(workspace.as_str())
    .bind(id_or_email)
    .bind(id_or_email.to_lowercase())
    .fetch_optional(c)
    .await)?;
    row.map(Member::try_from).transpose()
}

/// The workspace's members, in the order in which their accounts were made.
pub async fn list(tx: &mut ReadTx, workspace: &WorkspaceId, page: &PageRequest) -> Result<Page<Member>> {
    let rows: Vec<MemberRow> = on!(tx, c => sqlx::query_as(
        "SELECT members.user_id, users.email, users.name, users.active, members.created_at
         FROM members JOIN users ON users.id = members.user_id
         WHERE members.workspace_id = $1 AND members.user_id > $2
         ORDER BY members.user_id
         LIMIT $3",
    )
    .bind(workspace.as_str())
    .bind(page.after.as_deref().unwrap_or_default())
    .bind(page.rows())
    .fetch_all(c)
    .await)?;
    page.page(rows, |member: &Member| member.user.to_string())
}

/// The active members who administer the workspace: who were given the built-in role `admin` in all of it, themselves
/// or by a team.
pub async fn admins(tx: &mut ReadTx, workspace: &WorkspaceId) -> Result<Vec<UserId>> {
    let ids: Vec<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT members.user_id
         FROM members JOIN users ON users.id = members.user_id
         WHERE members.workspace_id = $1 AND users.active AND EXISTS (
             SELECT 1 FROM bindings
             WHERE bindings.workspace_id = $1 AND bindings.role = 'admin' AND bindings.project_id IS NULL
               AND (bindings.user_id = members.user_id OR bindings.team_id IN (
                   SELECT team_id FROM team_members
                   WHERE team_members.workspace_id = $1 AND team_members.user_id = members.user_id)))
         ORDER BY members.user_id",
    )
    .bind(workspace.as_str())
    .fetch_all(c)
    .await)?;
    Ok(ids.into_iter().map(UserId::new).collect())
}

impl TryFrom<MemberRow> for Member {
    type Error = StoreError;

    fn try_from(row: MemberRow) -> Result<Self> {
        Ok(Self {
            user: UserId::new(row.user_id),
            email: row.email,
            name: row.name,
            active: row.active,
            created_at: row.created_at,
        })
    }
}
