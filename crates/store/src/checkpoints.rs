//! Signed checkpoints of the audit chain: each names the one before, none is ever taken away.

use promptsync_core::{
    audit::{
        Revision,
        statements::{Checkpoint, CheckpointStatement},
    },
    digest::Digest,
    ids::WorkspaceId,
    signing::{Signature, Signed, SigningKeyId},
    time::Timestamp,
};

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::{Result, StoreError},
    rows::lies,
};

#[derive(sqlx::FromRow)]
struct CheckpointRow {
    workspace_id: String,
    revision: Revision,
    hash: String,
    previous: String,
    at: Timestamp,
    key_id: String,
    signature: Vec<u8>,
}

/// Keeps the chain of the workspace, and its checkpoints, as they are until the transaction ends.
pub async fn hold(tx: &mut Tx, workspace: &WorkspaceId) -> Result<()> {
    execute!(
        tx,
        sqlx::query("UPDATE audit_heads SET revision = revision WHERE workspace_id = $1")
            .bind(workspace.as_str())
    )?;
    Ok(())
}

/// Writes checkpoints and commits: they are no change, but what vouches for all changes before them.
pub async fn append(mut tx: Tx, workspace: &WorkspaceId, checkpoints: &[Checkpoint]) -> Result<()> {
    for Signed { statement, signature } in checkpoints {
        execute!(
            tx,
            sqlx::query(
                "INSERT INTO audit_checkpoints (workspace_id, revision, hash, previous, at, key_id, signature)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(workspace.as_str())
            .bind(statement.revision)
            .bind(statement.hash.as_str())
            .bind(statement.previous.as_str())
            .bind(statement.at)
            .bind(signature.key.as_str())
            .bind(&signature.bytes[..])
        )?;
    }
    tx.commit_facts().await
}

/// The newest checkpoint of a workspace.
pub async fn newest(tx: &mut ReadTx, workspace: &WorkspaceId) -> Result<Option<Checkpoint>> {
    let row: Option<CheckpointRow> = on!(tx, c => sqlx::query_as(
        "SELECT workspace_id, revision, hash, previous, at, key_id, signature FROM audit_checkpoints
         WHERE workspace_id = $1
         ORDER BY revision DESC
         LIMIT 1",
    )
    .bind(workspace.as_str())
    .fetch_optional(c)
    .await)?;
    row.map(checkpoint).transpose()
}

/// The checkpoints of entries with a revision above `after` and at most `through`, oldest first.
pub async fn between(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    after: Revision,
    through: Revision,
) -> Result<Vec<Checkpoint>> {
    let rows: Vec<CheckpointRow> = on!(tx, c => sqlx::query_as(
        "SELECT workspace_id, revision, hash, previous, at, key_id, signature FROM audit_checkpoints
         WHERE workspace_id = $1 AND revision > $2 AND revision <= $3
         ORDER BY revision",
    )
    .bind(workspace.as_str())
    .bind(after)
    .bind(through)
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(checkpoint).collect()
}

/// Whether the signature holds is for the reader to find out; here the row only has to be one.
fn checkpoint(row: CheckpointRow) -> Result<Checkpoint> {
    let place = format!("{} {}", row.workspace_id, row.revision);
    let digest = |text: &str, column| Digest::parse(text).map_err(lies("audit_checkpoints", column, &place));
    let bytes = <[u8; 64]>::try_from(row.signature.as_slice());
    Ok(Signed {
        statement: CheckpointStatement {
            at: row.at,
            hash: digest(&row.hash, "hash")?,
            previous: digest(&row.previous, "previous")?,
            revision: row.revision,
            workspace: row.workspace_id.clone(),
        },
        signature: Signature {
            key: SigningKeyId::new(row.key_id),
            bytes: bytes.map_err(|_| StoreError::Corrupt {
                table: "audit_checkpoints",
                column: "signature",
                row: place.clone(),
            })?,
        },
    })
}
