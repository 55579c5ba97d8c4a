//! Sealing again: after the keys changed, every value moves from an old data key to the active one, batch by batch.
//!
//! Nothing remembers how far it got: a value's own first bytes say which key it is sealed under, so a process that was
//! stopped anywhere goes on where it was. A new column with sealed values gets a line in [`COLUMNS`]; a test compares
//! them with the tables.

use promptsync_core::{
    ids::WorkspaceId,
    seal::{Place, key_version},
};

use crate::{
    conn::{ReadTx, Tx, execute, on},
    data_keys, documents,
    error::{Result, StoreError},
    versions,
};

/// A column whose values are sealed.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    find: &'static str,
    update: &'static str,
}

/// Table, column, and what gives a row's key as the text that its values are sealed for.
macro_rules! column {
    ($table:literal, $column:literal, $row:literal) => {
        Column {
            table: $table,
            column: $column,
            find: concat!(
                "SELECT ",
                $row,
                " AS row_key, ",
                $column,
                " FROM ",
                $table,
                " WHERE workspace_id = $1 AND length(",
                $column,
                ") > 0",
                " AND substr(",
                $column,
                ", 2, 4) <> $2 AND ",
                $row,
                " > $3",
                " ORDER BY ",
                $row,
                " LIMIT $4"
            ),
            update: concat!(
                "UPDATE ",
                $table,
                " SET ",
                $column,
                " = $3 WHERE workspace_id = $1 AND ",
                $row,
                " = $2"
            ),
        }
    };
}

/// Every column with sealed values. The data keys themselves are not among them: a new one is made instead.
#[rustfmt::skip]
pub const COLUMNS: &[Column] = &[
    column!("documents", "sealed", "digest"),
    column!("versions", "sealed", "id"),
    column!("search_keys", "sealed", "workspace_id"),
    column!("signing_keys", "private_key_sealed", "CAST(sequence AS TEXT)"),
    column!("connectors", "credential_sealed", "id"),
    column!("idempotency", "sealed", "caller_id || ' ' || idempotency_key"),
];

/// Values sealed again at once: some are 1 MiB large.
const BATCH: i64 = 100;

/// What a batch did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resealed {
    /// How many values were sealed again.
    pub values: usize,
    /// The key of the last row, where the next batch begins.
    pub last: String,
}

/// Makes a new data key for a workspace when its active one is not under the current master key. Says whether it did.
/// A workspace in which nothing is sealed needs none.
pub async fn rotate(tx: &mut Tx, workspace: &WorkspaceId) -> Result<bool> {
    // A value that is sealed at the same moment waits, and takes the new key.
    tx.revision(workspace).await?;
    let Some(active) = data_keys::active(tx, workspace).await? else { return Ok(false) };
    if active.master == tx.keys.ring.current()?.id() {
        return Ok(false);
    }
    let next = active.version.checked_add(1).ok_or(StoreError::Corrupt {
        table: "data_keys",
        column: "version",
        row: workspace.to_string(),
    })?;
    tx.new_data_key(workspace, next).await?;
    Ok(true)
}

/// Whether a workspace has anything to seal, or to seal again under the key it has now.
pub async fn is_pending(tx: &mut ReadTx, workspace: &WorkspaceId) -> Result<bool> {
    Ok(data_keys::count(tx, workspace).await? > 1 || is_in_clear(tx, workspace).await?)
}

/// Whether anything of a workspace still stands in clear, from before there was sealing.
pub async fn is_in_clear(tx: &mut ReadTx, workspace: &WorkspaceId) -> Result<bool> {
    Ok(on!(tx, c => sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM documents WHERE workspace_id = $1 AND sealed IS NULL)
             OR EXISTS (SELECT 1 FROM versions WHERE workspace_id = $1 AND sealed IS NULL)",
    )
    .bind(workspace.as_str())
    .fetch_one(c)
    .await)?)
}

/// Seals the next values of a column after a row again; nothing when none is left.
pub async fn batch(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    column: &Column,
    after: &str,
) -> Result<Option<Resealed>> {
    let sealer = tx.sealer(workspace).await?;
    let rows = outdated(tx, workspace, column, after, sealer.version(), BATCH).await?;
    let Some((last, _)) = rows.last() else { return Ok(None) };
    let (last, values) = (last.clone(), rows.len());
    for (row, sealed) in rows {
        let place =
            Place { workspace: workspace.as_str(), table: column.table, column: column.column, row: &row };
        let plaintext = zeroize::Zeroizing::new(tx.open(&place, &sealed).await?);
        let sealed = sealer.seal(column.table, column.column, &row, &plaintext);
        execute!(tx, sqlx::query(column.update).bind(workspace.as_str()).bind(&row).bind(sealed))?;
    }
    Ok(Some(Resealed { values, last }))
}

/// Seals some of what still stands in clear, from before there was sealing; says how many values.
pub async fn seal_clear(tx: &mut Tx, workspace: &WorkspaceId) -> Result<usize> {
    let limit = u32::try_from(BATCH).unwrap_or(u32::MAX);
    let documents = documents::seal_clear(tx, workspace, limit).await?;
    if documents > 0 {
        return Ok(documents);
    }
    versions::seal_clear(tx, workspace, limit).await
}

/// Deletes the old data keys of a workspace when no value needs them any more; says how many.
pub async fn retire(tx: &mut Tx, workspace: &WorkspaceId) -> Result<u64> {
    let sealer = tx.sealer(workspace).await?;
    for column in COLUMNS {
        if !outdated(tx, workspace, column, "", sealer.version(), 1).await?.is_empty() {
            return Ok(0);
        }
    }
    let deleted = data_keys::delete_inactive(tx, workspace).await?;
    Ok(deleted)
}

/// Values of a column that are sealed under another key than this version, in the order of their rows.
async fn outdated(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    column: &Column,
    after: &str,
    version: u32,
    limit: i64,
) -> Result<Vec<(String, Vec<u8>)>> {
    let rows: Vec<(String, Vec<u8>)> = on!(tx, c => sqlx::query_as(column.find)
        .bind(workspace.as_str())
        .bind(version.to_be_bytes().to_vec())
        .bind(after)
        .bind(limit)
        .fetch_all(c)
        .await)?;
    debug_assert!(rows.iter().all(|(_, sealed)| key_version(sealed) != Ok(version)));
    Ok(rows)
}
