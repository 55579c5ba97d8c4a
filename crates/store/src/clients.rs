//! Running applications and what they hold. Facts, not changes: they are written in batches and soon forgotten.

use promptsync_core::{
    ids::{ProjectId, WorkspaceId},
    time::{Timestamp, to_microseconds},
};
use serde_json::Value;
use sqlx::{QueryBuilder, types::Json};

use crate::{
    conn::{Db, ReadTx, execute, on},
    error::Result,
    rows::CHUNK,
};

/// A running application.
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// Its project.
    pub project: ProjectId,
    /// Which process it is.
    pub instance: String,
    /// What it said.
    pub report: Value,
    /// When.
    pub last_seen: Timestamp,
}

#[derive(sqlx::FromRow)]
struct ClientRow {
    workspace_id: String,
    project_id: String,
    instance: String,
    report: Json<Value>,
    last_seen: Timestamp,
}

/// Notes what applications said, unless something later is known, and forgets those that were silent since a moment.
pub async fn note(db: &Db, clients: &[Client], silent_since: Timestamp) -> Result<()> {
    let mut tx = db.begin_system_write().await?;
    for chunk in clients.chunks(CHUNK) {
        execute!(
            tx,
            QueryBuilder::new("INSERT INTO clients (workspace_id, project_id, instance, report, last_seen) ")
                .push_values(chunk, |mut row, client| {
                    row.push_bind(client.workspace.as_str())
                        .push_bind(client.project.as_str())
                        .push_bind(&client.instance)
                        .push_bind(Json(&client.report))
                        .push_bind(to_microseconds(client.last_seen));
                })
                .push(
                    " ON CONFLICT (project_id, instance) DO UPDATE
                      SET report = excluded.report, last_seen = excluded.last_seen
                      WHERE clients.last_seen <= excluded.last_seen"
                )
                .build()
                .persistent(chunk.len() == 1)
        )?;
    }
    execute!(tx, sqlx::query("DELETE FROM clients WHERE last_seen < $1").bind(silent_since))?;
    tx.commit_facts().await
}

/// The applications of a project that were heard of since a moment.
pub async fn of_project(tx: &mut ReadTx, project: &ProjectId, since: Timestamp) -> Result<Vec<Client>> {
    let rows: Vec<ClientRow> = on!(tx, c => sqlx::query_as(
        "SELECT workspace_id, project_id, instance, report, last_seen FROM clients
         WHERE project_id = $1 AND last_seen >= $2
         ORDER BY instance",
    )
    .bind(project.as_str())
    .bind(since)
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(Client::from).collect())
}

impl From<ClientRow> for Client {
    fn from(row: ClientRow) -> Self {
        Self {
            workspace: WorkspaceId::new(row.workspace_id),
            project: ProjectId::new(row.project_id),
            instance: row.instance,
            report: row.report.0,
            last_seen: row.last_seen,
        }
    }
}
