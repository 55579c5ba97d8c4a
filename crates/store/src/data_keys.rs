//! Data keys: what seals the values of a workspace, itself sealed under a master key.

use promptsync_core::ids::WorkspaceId;

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::{Result, StoreError},
    rows::lies,
};

/// A data key as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedKey {
    /// Its number in the workspace, from 1.
    pub version: u32,
    /// The id of the master key it is sealed under.
    pub master: String,
    /// The key, sealed.
    pub sealed: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct SealedKeyRow {
    version: i64,
    master_id: String,
    sealed: Vec<u8>,
}

/// The key new values of the workspace are sealed under; none before the first.
pub async fn active(tx: &mut ReadTx, workspace: &WorkspaceId) -> Result<Option<SealedKey>> {
    let row: Option<SealedKeyRow> = on!(tx, c => sqlx::query_as(
        "SELECT version, master_id, sealed FROM data_keys WHERE workspace_id = $1 AND active",
    )
    .bind(workspace.as_str())
    .fetch_optional(c)
    .await)?;
    row.map(|row| SealedKey::read(row, workspace.as_str())).transpose()
}

/// One key of a workspace.
pub async fn get(tx: &mut ReadTx, workspace: &str, version: u32) -> Result<Option<SealedKey>> {
    let row: Option<SealedKeyRow> = on!(tx, c => sqlx::query_as(
        "SELECT version, master_id, sealed FROM data_keys WHERE workspace_id = $1 AND version = $2",
    )
    .bind(workspace)
    .bind(i64::from(version))
    .fetch_optional(c)
    .await)?;
    row.map(|row| SealedKey::read(row, workspace)).transpose()
}

/// How many keys the workspace has: more than one while values are being sealed again.
pub async fn count(tx: &mut ReadTx, workspace: &WorkspaceId) -> Result<u64> {
    let count: i64 = on!(tx, c => sqlx::query_scalar("SELECT COUNT(*) FROM data_keys WHERE workspace_id = $1")
        .bind(workspace.as_str())
        .fetch_one(c)
        .await)?;
    u64::try_from(count).map_err(lies("data_keys", "version", workspace.as_str()))
}

/// Keeps a key, from now on the one that new values are sealed under. The unique rule is its version.
pub async fn activate(tx: &mut Tx, workspace: &WorkspaceId, key: &SealedKey) -> Result<()> {
    tx.known.data_key = None;
    execute!(
        tx,
        sqlx::query("UPDATE data_keys SET active = FALSE WHERE workspace_id = $1").bind(workspace.as_str())
    )?;
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO data_keys (workspace_id, version, master_id, sealed, active)
             VALUES ($1, $2, $3, $4, TRUE)",
        )
        .bind(workspace.as_str())
        .bind(i64::from(key.version))
        .bind(&key.master)
        .bind(&key.sealed)
    )?;
    Ok(())
}

/// Deletes the keys of a workspace that are not active; says how many. What they sealed cannot be read any more.
pub async fn delete_inactive(tx: &mut Tx, workspace: &WorkspaceId) -> Result<u64> {
    execute!(
        tx,
        sqlx::query("DELETE FROM data_keys WHERE workspace_id = $1 AND NOT active").bind(workspace.as_str())
    )
}

/// The ids of every master key that is needed to read the database.
pub async fn masters(tx: &mut ReadTx) -> Result<Vec<String>> {
    Ok(on!(tx, c => sqlx::query_scalar("SELECT DISTINCT master_id FROM data_keys ORDER BY master_id")
        .fetch_all(c)
        .await)?)
}

impl SealedKey {
    fn read(row: SealedKeyRow, workspace: &str) -> Result<Self, StoreError> {
        let version = u32::try_from(row.version).map_err(lies("data_keys", "version", workspace))?;
        Ok(Self { version, master: row.master_id, sealed: row.sealed })
    }
}
