//! Environments: aliases with a policy. The alias may come later than its policy.

use promptsync_core::{
    ids::{ProjectId, WorkspaceId},
    names::AliasName,
    time::Timestamp,
};

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::{Result, StoreError},
    rows::lies,
};

/// The policy of an alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// The alias.
    pub alias: AliasName,
    /// Whether it points at locked versions only.
    pub locked_only: bool,
    /// When it got a policy.
    pub created_at: Timestamp,
    /// When the policy was changed last.
    pub updated_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct EnvironmentRow {
    alias: String,
    locked_only: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// Sets the policy of an alias. Whoever calls it has looked that its name is spelt as it is known.
pub async fn put(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    project: &ProjectId,
    environment: &Environment,
) -> Result<()> {
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO environments (project_id, workspace_id, alias, folded_alias, locked_only, created_at,
                                       updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (project_id, folded_alias)
             DO UPDATE SET locked_only = excluded.locked_only, updated_at = excluded.updated_at",
        )
        .bind(project.as_str())
        .bind(workspace.as_str())
        .bind(environment.alias.as_str())
        .bind(environment.alias.folded())
        .bind(environment.locked_only)
        .bind(environment.created_at)
        .bind(environment.updated_at)
    )?;
    Ok(())
}

/// Takes the policy off an alias; the alias stays. Says whether there was one.
pub async fn delete(tx: &mut Tx, project: &ProjectId, alias: &AliasName) -> Result<bool> {
    let gone = execute!(
        tx,
        sqlx::query("DELETE FROM environments WHERE project_id = $1 AND folded_alias = $2")
            .bind(project.as_str())
            .bind(alias.folded())
    )?;
    Ok(gone > 0)
}

/// The policy of an alias, however its name is cased: `Production` cannot be a way around that of `production`.
pub async fn of_alias(
    tx: &mut ReadTx,
    project: &ProjectId,
    alias: &AliasName,
) -> Result<Option<Environment>> {
    let row: Option<EnvironmentRow> = on!(tx, c => sqlx::query_as(
        "SELECT alias, locked_only, created_at, updated_at FROM environments
         WHERE project_id = $1 AND folded_alias = $2",
    )
    .bind(project.as_str())
    .bind(alias.folded())
    .fetch_optional(c)
    .await)?;
    row.map(Environment::try_from).transpose()
}

/// The project's environments by name. They are few: no pages.
pub async fn list(tx: &mut ReadTx, project: &ProjectId) -> Result<Vec<Environment>> {
    let rows: Vec<EnvironmentRow> = on!(tx, c => sqlx::query_as(
        "SELECT alias, locked_only, created_at, updated_at FROM environments
         WHERE project_id = $1
         ORDER BY folded_alias",
    )
    .bind(project.as_str())
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(Environment::try_from).collect()
}

impl TryFrom<EnvironmentRow> for Environment {
    type Error = StoreError;

    fn try_from(row: EnvironmentRow) -> Result<Self> {
        Ok(Self {
            alias: AliasName::parse(&row.alias).map_err(lies("environments", "alias", &row.alias))?,
            locked_only: row.locked_only,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}
