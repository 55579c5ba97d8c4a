//! Copies in a file of the data folder: an SQLite database of its own.

use std::{collections::BTreeMap, path::Path, time::Duration};

use promptsync_core::{ids::WorkspaceId, time::Timestamp};
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::Stored;
use crate::{data_keys::SealedKey, error::Result};

const TABLES: [&str; 4] = [
    "CREATE TABLE IF NOT EXISTS copies (workspace_id TEXT PRIMARY KEY, base BYTEA NOT NULL,
                                        confirmed_at TIMESTAMPTZ NOT NULL)",
    "CREATE TABLE IF NOT EXISTS parts (workspace_id TEXT NOT NULL, id TEXT NOT NULL, sealed BYTEA NOT NULL,
                                       PRIMARY KEY (workspace_id, id))",
    "CREATE TABLE IF NOT EXISTS documents (workspace_id TEXT NOT NULL, digest TEXT NOT NULL, sealed BYTEA NOT NULL,
                                           PRIMARY KEY (workspace_id, digest))",
    "CREATE TABLE IF NOT EXISTS data_keys (workspace_id TEXT NOT NULL, version BIGINT NOT NULL,
                                           master_id TEXT NOT NULL, sealed BYTEA NOT NULL,
                                           PRIMARY KEY (workspace_id, version))",
];

/// Forgets a workspace altogether.
const FORGET: [&str; 4] = [
    "DELETE FROM copies WHERE workspace_id = $1",
    "DELETE FROM parts WHERE workspace_id = $1",
    "DELETE FROM documents WHERE workspace_id = $1",
    "DELETE FROM data_keys WHERE workspace_id = $1",
];

/// The file.
#[derive(Clone, Debug)]
pub struct Shelf(SqlitePool);

impl Shelf {
    /// Opens the file, or makes it.
    pub async fn open(path: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // It is written again after each change: what a power cut takes is older, and never broken.
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(5));
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_secs(5))
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await?;
        for table in TABLES {
            sqlx::query(table).execute(&pool).await?;
        }
        Ok(Self(pool))
    }

    /// Reads a file without writing to it, whatever folder it is in. Nothing when there is none.
    pub async fn read(path: &Path) -> Result<Vec<Stored>> {
        if !path.is_file() {
            return Ok(Vec::new());
        }
        let options = SqliteConnectOptions::new().filename(path).read_only(true);
        let single = || SqlitePoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(5));
        let found = match single().connect_with(options.clone()).await {
            Ok(pool) => Self(pool).stored().await,
            Err(failure) => Err(failure.into()),
        };
        match found {
            Ok(found) => Ok(found),
            // In a folder that cannot be written SQLite cannot make the files beside it.
            Err(_) => Self(single().connect_with(options.immutable(true)).await?).stored().await,
        }
    }

    /// Stores what changed, all of it or nothing.
    pub async fn put(&self, stored: &Stored) -> Result<()> {
        let mut tx = self.0.begin().await?;
        let workspace = stored.workspace.as_str();
        if stored.is_whole {
            for forget in FORGET {
                sqlx::query(forget).bind(workspace).execute(&mut *tx).await?;
            }
            for key in &stored.data_keys {
                sqlx::query("INSERT INTO data_keys (workspace_id, version, master_id, sealed) VALUES ($1, $2, $3, $4)")
                    .bind(workspace)
                    .bind(i64::from(key.version))
                    .bind(&key.master)
                    .bind(&key.sealed)
                    .execute(&mut *tx)
                    .await?;
            }
        }
        for part in &stored.gone {
            sqlx::query("DELETE FROM parts WHERE workspace_id = $1 AND id = $2")
                .bind(workspace)
                .bind(part)
                .execute(&mut *tx)
                .await?;
        }
        for (part, sealed) in &stored.parts {
            sqlx::query("INSERT OR REPLACE INTO parts (workspace_id, id, sealed) VALUES ($1, $2, $3)")
                .bind(workspace)
                .bind(part)
                .bind(sealed)
                .execute(&mut *tx)
                .await?;
        }
        for (digest, sealed) in &stored.documents {
            sqlx::query(
                "INSERT OR REPLACE INTO documents (workspace_id, digest, sealed) VALUES ($1, $2, $3)",
            )
            .bind(workspace)
            .bind(digest)
            .bind(sealed)
            .execute(&mut *tx)
            .await?;
        }
        sqlx::query("INSERT OR REPLACE INTO copies (workspace_id, base, confirmed_at) VALUES ($1, $2, $3)")
            .bind(workspace)
            .bind(&stored.base)
            .bind(stored.confirmed_at)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Notes that nothing newer existed at that moment.
    pub async fn confirm(&self, workspace: &WorkspaceId, at: Timestamp) -> Result<()> {
        sqlx::query("UPDATE copies SET confirmed_at = $2 WHERE workspace_id = $1")
            .bind(workspace.as_str())
            .bind(at)
            .execute(&self.0)
            .await?;
        Ok(())
    }

    /// Everything in it.
    async fn stored(&self) -> Result<Vec<Stored>> {
        let copies: Vec<(String, Vec<u8>, Timestamp)> =
            sqlx::query_as("SELECT workspace_id, base, confirmed_at FROM copies").fetch_all(&self.0).await?;
        let mut found = Vec::with_capacity(copies.len());
        for (workspace, base, confirmed_at) in copies {
            let keys: Vec<(i64, String, Vec<u8>)> =
                sqlx::query_as("SELECT version, master_id, sealed FROM data_keys WHERE workspace_id = $1")
                    .bind(&workspace)
                    .fetch_all(&self.0)
                    .await?;
            let parts =
                self.pairs("SELECT id, sealed FROM parts WHERE workspace_id = $1", &workspace).await?;
            let documents = self
                .pairs("SELECT digest, sealed FROM documents WHERE workspace_id = $1", &workspace)
                .await?;
            let key = |(version, master, sealed): (i64, String, Vec<u8>)| {
                Some(SealedKey { version: u32::try_from(version).ok()?, master, sealed })
            };
            let data_keys = keys.into_iter().filter_map(key).collect();
            let (is_whole, gone) = (true, Vec::new());
            found.push(Stored { workspace, is_whole, confirmed_at, data_keys, base, parts, gone, documents });
        }
        Ok(found)
    }

    async fn pairs(&self, select: &'static str, workspace: &str) -> Result<BTreeMap<String, Vec<u8>>> {
        let rows: Vec<(String, Vec<u8>)> = sqlx::query_as(select).bind(workspace).fetch_all(&self.0).await?;
        Ok(rows.into_iter().collect())
    }
}
