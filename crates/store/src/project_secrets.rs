//! Which secrets a project's prompts may ask for, and the connector each comes from.

use promptsync_core::{
    ids::{ConnectorId, ProjectId, WorkspaceId},
    names::ConnectorName,
    secrets::SecretPattern,
    time::Timestamp,
};

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::{Result, StoreError},
    rows::lies,
};

/// Secrets a project may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectSecret {
    /// Which references.
    pub pattern: SecretPattern,
    /// Where they come from.
    pub connector: ConnectorId,
    /// The connector's name; not looked at by [`set`].
    pub connector_name: ConnectorName,
    /// When this was allowed.
    pub created_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct ProjectSecretRow {
    pattern: String,
    connector_id: String,
    connector_name: String,
    created_at: Timestamp,
}

/// Allows a pattern, or changes where its secrets come from.
pub async fn set(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    project: &ProjectId,
    secret: &ProjectSecret,
) -> Result<()> {
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO project_secrets (workspace_id, project_id, pattern, connector_id, created_at)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (project_id, pattern)
             DO UPDATE SET connector_id = excluded.connector_id, created_at = excluded.created_at",
        )
        .bind(workspace.as_str())
        .bind(project.as_str())
        .bind(secret.pattern.as_str())
        .bind(secret.connector.as_str())
        .bind(secret.created_at)
    )?;
    Ok(())
}

/// What a project may use, by pattern.
pub async fn list(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    project: &ProjectId,
) -> Result<Vec<ProjectSecret>> {
    let rows: Vec<ProjectSecretRow> = on!(tx, c => sqlx::query_as(
        "SELECT project_secrets.pattern, project_secrets.connector_id, connectors.name AS connector_name,
                project_secrets.created_at
         FROM project_secrets JOIN connectors ON connectors.id = project_secrets.connector_id
         WHERE project_secrets.workspace_id = $1 AND project_secrets.project_id = $2",
    )
    .bind(workspace.as_str())
    .bind(project.as_str())
    .fetch_all(c)
    .await)?;
    let mut secrets = rows.into_iter().map(ProjectSecret::try_from).collect::<Result<Vec<_>>>()?;
    // Sorted here: databases differ in how they sort text.
    secrets.sort_by(|a, b| a.pattern.cmp(&b.pattern));
    Ok(secrets)
}

/// How many patterns of any project a connector serves.
pub async fn count_of_connector(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    connector: &ConnectorId,
) -> Result<i64> {
    let count: i64 = on!(tx, c => sqlx::query_scalar(
        "SELECT COUNT(*) FROM project_secrets WHERE workspace_id = $1 AND connector_id = $2",
    )
    .bind(workspace.as_str())
    .bind(connector.as_str())
    .fetch_one(c)
    .await)?;
    Ok(count)
}

/// Allows a pattern no more; says whether it was allowed.
pub async fn delete(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    project: &ProjectId,
    pattern: &SecretPattern,
) -> Result<bool> {
    let deleted = execute!(
        tx,
        sqlx::query(
            "DELETE FROM project_secrets WHERE workspace_id = $1 AND project_id = $2 AND pattern = $3"
        )
        .bind(workspace.as_str())
        .bind(project.as_str())
        .bind(pattern.as_str())
    )?;
    Ok(deleted == 1)
}

impl TryFrom<ProjectSecretRow> for ProjectSecret {
    type Error = StoreError;

    fn try_from(row: ProjectSecretRow) -> Result<Self> {
        let pattern =
            SecretPattern::parse(&row.pattern).map_err(lies("project_secrets", "pattern", &row.pattern))?;
        let connector_name = ConnectorName::parse(&row.connector_name).map_err(lies(
            "connectors",
            "name",
            &row.connector_id,
        ))?;
        Ok(Self {
            pattern,
            connector: ConnectorId::new(row.connector_id),
            connector_name,
            created_at: row.created_at,
        })
    }
}
