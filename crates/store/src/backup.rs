//! What a backup needs of a database: a consistent copy, whether anybody uses it, and what it holds.

use std::{path::Path, time::Duration};

use promptsync_core::{digest::Digest, ids::WorkspaceId};
use sqlx::{
    Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteLockingMode},
};

use crate::{
    conn::{Db, Pools, ReadTx, on},
    error::{Result, StoreError},
    rows::lies,
};

/// Where an alias points one prompt.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, sqlx::FromRow)]
pub struct Pointer {
    /// The workspace's id.
    pub workspace: String,
    /// The project's name.
    pub project: String,
    /// The alias.
    pub alias: String,
    /// The prompt.
    pub prompt: String,
    /// The version.
    pub version: String,
}

impl Db {
    /// Writes one consistent state of an SQLite database into a new file, while others write.
    pub async fn copy_to(&self, path: &Path) -> Result<()> {
        match &self.pools {
            Pools::Sqlite { writer, .. } => {
                let path = path.to_str().ok_or(StoreError::NotFound { what: "place for the copy" })?;
                sqlx::query("VACUUM INTO $1").bind(path).execute(writer).await?;
                Ok(())
            }
            Pools::Postgres(_) => Err(StoreError::NotFound { what: "file of a PostgreSQL database" }),
        }
    }
}

/// Whether another process has an SQLite file open.
pub async fn is_in_use(path: &Path) -> Result<bool> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .locking_mode(SqliteLockingMode::Exclusive)
        .busy_timeout(Duration::ZERO);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let taken = sqlx::query("BEGIN EXCLUSIVE").execute(&mut connection).await;
    let in_use = match taken.map_err(StoreError::from) {
        Ok(_) => false,
        Err(StoreError::Unavailable(_)) => true,
        Err(other) => return Err(other),
    };
    connection.close().await?;
    Ok(in_use)
}

/// Where every alias of every workspace points, in order.
pub async fn pointers(tx: &mut ReadTx) -> Result<Vec<Pointer>> {
    Ok(on!(tx, c => sqlx::query_as(
        "SELECT projects.workspace_id AS workspace, projects.name AS project, aliases.name AS alias,
                prompts.name AS prompt, versions.version AS version
         FROM alias_entries
         JOIN aliases ON aliases.id = alias_entries.alias_id
         JOIN projects ON projects.id = aliases.project_id
         JOIN prompts ON prompts.id = alias_entries.prompt_id
         JOIN versions ON versions.id = alias_entries.version_id
         ORDER BY projects.workspace_id, projects.name, aliases.name, prompts.name",
    )
    .fetch_all(c)
    .await)?)
}

/// The digests of a workspace's documents after one, in order.
pub async fn digests(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    after: &str,
    limit: u32,
) -> Result<Vec<Digest>> {
    let found: Vec<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT digest FROM documents WHERE workspace_id = $1 AND digest > $2 ORDER BY digest LIMIT $3",
    )
    .bind(workspace.as_str())
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(c)
    .await)?;
    found.iter().map(|text| Digest::parse(text).map_err(lies("documents", "digest", text))).collect()
}
