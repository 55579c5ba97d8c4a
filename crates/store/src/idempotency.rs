//! Answers kept under the key the caller gave its request, so that a retry changes nothing twice.

use promptsync_core::{ids::WorkspaceId, seal::Place, time::Timestamp};

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::Result,
    rows::lies,
};

/// A request that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The workspace it was asked in.
    pub workspace: WorkspaceId,
    /// The id of the API key or the person that asked.
    pub caller: String,
    /// The `Idempotency-Key` it gave.
    pub key: String,
    /// The hash of method, path and body: a retry must have the same.
    pub request_hash: String,
    /// The status of the answer.
    pub status: u16,
    /// The body of the answer.
    pub body: Vec<u8>,
    /// When.
    pub created_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct AnsweredRow {
    workspace_id: String,
    caller_id: String,
    idempotency_key: String,
    request_hash: String,
    status: i64,
    sealed: Vec<u8>,
    created_at: Timestamp,
}

/// The answer kept for this caller under this key.
pub async fn get(tx: &mut ReadTx, caller: &str, key: &str) -> Result<Option<Answered>> {
    let row: Option<AnsweredRow> = on!(tx, c => sqlx::query_as(
        "SELECT workspace_id, caller_id, idempotency_key, request_hash, status, sealed, created_at
         FROM idempotency
         WHERE caller_id = $1 AND idempotency_key = $2",
    )
    .bind(caller)
    .bind(key)
    .fetch_optional(c)
    .await)?;
    let Some(mut row) = row else { return Ok(None) };
    let sealed = std::mem::take(&mut row.sealed);
    let body = tx.open(&place(&row.workspace_id, &format!("{caller} {key}")), &sealed).await?;
    Answered::read(row, body).map(Some)
}

/// Keeps an answer, in the transaction of the change it answers. The unique rule is the caller's key: of two equal
/// requests at one moment, one changes something.
pub async fn insert(tx: &mut Tx, answered: &Answered) -> Result<()> {
    let row = format!("{} {}", answered.caller, answered.key);
    let sealed = tx.seal(&place(answered.workspace.as_str(), &row), &answered.body).await?;
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO idempotency (workspace_id, caller_id, idempotency_key, request_hash, status, sealed,
                                      created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(answered.workspace.as_str())
        .bind(&answered.caller)
        .bind(&answered.key)
        .bind(&answered.request_hash)
        .bind(i64::from(answered.status))
        .bind(sealed)
        .bind(answered.created_at)
    )?;
    Ok(())
}

/// Forgets the answers given before a moment; says how many.
pub async fn delete_before(tx: &mut Tx, moment: Timestamp) -> Result<u64> {
    execute!(tx, sqlx::query("DELETE FROM idempotency WHERE created_at < $1").bind(moment))
}

/// Where a body stands: answers quote what was pushed, so they are sealed. No id of a caller holds a blank.
fn place<'a>(workspace: &'a str, row: &'a str) -> Place<'a> {
    Place { workspace, table: "idempotency", column: "sealed", row }
}

impl Answered {
    fn read(row: AnsweredRow, body: Vec<u8>) -> Result<Self> {
        Ok(Self {
            status: u16::try_from(row.status).map_err(lies("idempotency", "status", &row.idempotency_key))?,
            workspace: WorkspaceId::new(row.workspace_id),
            caller: row.caller_id,
            key: row.idempotency_key,
            request_hash: row.request_hash,
            body,
            created_at: row.created_at,
        })
    }
}
