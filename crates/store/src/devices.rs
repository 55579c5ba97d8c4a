//! What signed-in people decided about the codes that devices show.

use promptsync_core::{
    ids::{UserId, WorkspaceId},
    login::Proof,
    time::Timestamp,
};

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::{Result, StoreError},
    rows::{from_word, to_word},
};

/// A decision about one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The keyed hash of the code somebody entered.
    pub code_hash: Vec<u8>,
    /// Who decided.
    pub user: UserId,
    /// The workspace they were in.
    pub workspace: WorkspaceId,
    /// How they had proved who they are.
    pub proof: Proof,
    /// Whether the device may sign in as them.
    pub approved: bool,
    /// When they decided.
    pub decided_at: Timestamp,
    /// When the code stops working.
    pub expires_at: Timestamp,
    /// When the device came for its session.
    pub redeemed_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct DecisionRow {
    code_hash: Vec<u8>,
    user_id: String,
    workspace_id: String,
    proof: String,
    approved: bool,
    decided_at: Timestamp,
    expires_at: Timestamp,
    redeemed_at: Option<Timestamp>,
}

/// Keeps a decision, and forgets those whose codes expired. The unique rule is the code: it is decided once.
pub async fn insert(tx: &mut Tx, decision: &Decision) -> Result<()> {
    execute!(tx, sqlx::query("DELETE FROM devices WHERE expires_at < $1").bind(decision.decided_at))?;
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO devices (code_hash, user_id, workspace_id, proof, approved, decided_at, expires_at,
                                  redeemed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&decision.code_hash)
        .bind(decision.user.as_str())
        .bind(decision.workspace.as_str())
        .bind(to_word(&decision.proof))
        .bind(decision.approved)
        .bind(decision.decided_at)
        .bind(decision.expires_at)
        .bind(decision.redeemed_at)
    )?;
    Ok(())
}

/// The decision about a code.
pub async fn by_code(tx: &mut ReadTx, code_hash: &[u8]) -> Result<Option<Decision>> {
    let row: Option<DecisionRow> = on!(tx, c => sqlx::query_as(
        "SELECT code_hash, user_id, workspace_id, proof, approved, decided_at, expires_at, redeemed_at
         FROM devices
         WHERE code_hash = $1",
    )
    .bind(code_hash)
    .fetch_optional(c)
    .await)?;
    row.map(Decision::try_from).transpose()
}

/// Marks an approval as used; says whether it had not been.
pub async fn redeem(tx: &mut Tx, code_hash: &[u8], now: Timestamp) -> Result<bool> {
    let redeemed = execute!(
        tx,
        sqlx::query(
            "UPDATE devices SET redeemed_at = $2
             WHERE code_hash = $1 AND redeemed_at IS NULL AND approved",
        )
        .bind(code_hash)
        .bind(now)
    )?;
    Ok(redeemed == 1)
}

impl TryFrom<DecisionRow> for Decision {
    type Error = StoreError;

    fn try_from(row: DecisionRow) -> Result<Self> {
        Ok(Self {
            proof: from_word(row.proof, "devices", "proof", &row.user_id)?,
            code_hash: row.code_hash,
            user: UserId::new(row.user_id),
            workspace: WorkspaceId::new(row.workspace_id),
            approved: row.approved,
            decided_at: row.decided_at,
            expires_at: row.expires_at,
            redeemed_at: row.redeemed_at,
        })
    }
}
