//! Teams: members of a workspace who are given roles together.

use promptsync_core::{
    ids::{TeamId, UserId, WorkspaceId},
    names::TeamName,
    time::Timestamp,
};

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::{Result, StoreError},
    page::{Page, PageRequest},
    rows::lies,
};

/// A team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// Its name.
    pub name: TeamName,
    /// When it was made.
    pub created_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct TeamRow {
    id: String,
    workspace_id: String,
    name: String,
    created_at: Timestamp,
}

/// Makes a team. The unique rule is its name in its workspace, without regard to case.
pub async fn insert(tx: &mut Tx, team: &Team) -> Result<()> {
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO teams (id, workspace_id, name, folded_name, created_at) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(team.id.as_str())
        .bind(team.workspace.as_str())
        .bind(team.name.as_str())
        .bind(team.name.folded())
        .bind(team.created_at)
    )?;
    Ok(())
}

/// Removes a team with what it was given; says whether it was there.
pub async fn remove(tx: &mut Tx, workspace: &WorkspaceId, id: &TeamId) -> Result<bool> {
    execute!(
        tx,
        sqlx::query("DELETE FROM bindings WHERE workspace_id = $1 AND team_id = $2")
            .bind(workspace.as_str())
            .bind(id.as_str())
    )?;
    execute!(
        tx,
        sqlx::query("DELETE FROM team_members WHERE workspace_id = $1 AND team_id = $2")
            .bind(workspace.as_str())
            .bind(id.as_str())
    )?;
    let removed = execute!(
        tx,
        sqlx::query("DELETE FROM teams WHERE workspace_id = $1 AND id = $2")
            .bind(workspace.as_str())
            .bind(id.as_str())
    )?;
    Ok(removed == 1)
}

/// The team of that name, without regard to case.
pub async fn by_name(tx: &mut ReadTx, workspace: &WorkspaceId, name: &TeamName) -> Result<Option<Team>> {
    let row: Option<TeamRow> = on!(tx, c => sqlx::query_as(
        "SELECT id, workspace_id, name, created_at FROM teams WHERE workspace_id = $1 AND folded_name = $2",
    )
    .bind(workspace.as_str())
    .bind(name.folded())
    .fetch_optional(c)
    .await)?;
    row.map(Team::try_from).transpose()
}

/// The workspace's teams by name.
pub async fn list(tx: &mut ReadTx, workspace: &WorkspaceId, page: &PageRequest) -> Result<Page<Team>> {
    let rows: Vec<TeamRow> = on!(tx, c => sqlx::query_as(
        "SELECT id, workspace_id, name, created_at
         FROM teams
         WHERE workspace_id = $1 AND folded_name > $2
         ORDER BY folded_name
         LIMIT $3",
    )
    .bind(workspace.as_str())
    .bind(page.after.as_deref().unwrap_or_default())
    .bind(page.rows())
    .fetch_all(c)
    .await)?;
    page.page(rows, |team: &Team| team.name.folded())
}

/// Puts a member of the workspace into a team; says whether they were not in it before. Somebody who is no member is
/// not found.
pub async fn add_member(tx: &mut Tx, team: &Team, user: &UserId, now: Timestamp) -> Result<bool> {
    let is_member: bool = on!(tx, c => sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM members WHERE workspace_id = $1 AND user_id = $2)",
    )
    .bind(team.workspace.as_str())
    .bind(user.as_str())
    .fetch_one(c)
    .await)?;
    if !is_member {
        return Err(StoreError::NotFound { what: "member" });
    }
    let added = execute!(
        tx,
        sqlx::query(
            "INSERT INTO team_members (workspace_id, team_id, user_id, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (team_id, user_id) DO NOTHING",
        )
        .bind(team.workspace.as_str())
        .bind(team.id.as_str())
        .bind(user.as_str())
        .bind(now)
    )?;
    Ok(added == 1)
}

/// Takes somebody out of a team; says whether they were in it.
pub async fn remove_member(tx: &mut Tx, team: &Team, user: &UserId) -> Result<bool> {
    let removed = execute!(
        tx,
        sqlx::query("DELETE FROM team_members WHERE workspace_id = $1 AND team_id = $2 AND user_id = $3")
            .bind(team.workspace.as_str())
            .bind(team.id.as_str())
            .bind(user.as_str())
    )?;
    Ok(removed == 1)
}

/// The people in a team, with their addresses, by address.
pub async fn members(tx: &mut ReadTx, team: &Team) -> Result<Vec<(UserId, String)>> {
    let rows: Vec<(String, String)> = on!(tx, c => sqlx::query_as(
        "SELECT team_members.user_id, users.email
         FROM team_members JOIN users ON users.id = team_members.user_id
         WHERE team_members.workspace_id = $1 AND team_members.team_id = $2
         ORDER BY users.folded_email",
    )
    .bind(team.workspace.as_str())
    .bind(team.id.as_str())
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(|(id, email)| (UserId::new(id), email)).collect())
}

impl TryFrom<TeamRow> for Team {
    type Error = StoreError;

    fn try_from(row: TeamRow) -> Result<Self> {
        Ok(Self {
            name: TeamName::parse(&row.name).map_err(lies("teams", "name", &row.id))?,
            id: TeamId::new(row.id),
            workspace: WorkspaceId::new(row.workspace_id),
            created_at: row.created_at,
        })
    }
}
