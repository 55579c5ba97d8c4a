//! The keys workspaces sign with: added one after the other, never taken away.

use promptsync_core::{
    ids::WorkspaceId,
    signing::{KeyLink, KeyStatement, PublicKey, Signature},
    time::Timestamp,
};

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::{Result, StoreError},
    rows::lies,
};

/// The key a workspace signs with now.
#[derive(Clone, PartialEq)]
pub struct CurrentKey {
    /// The key.
    pub link: KeyLink,
    /// Its private half, sealed.
    pub sealed: Vec<u8>,
}

impl std::fmt::Debug for CurrentKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CurrentKey").field("link", &self.link).finish_non_exhaustive()
    }
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    sequence: i64,
    public_key: Vec<u8>,
    private_key: Vec<u8>,
    signature: Vec<u8>,
    proof: Vec<u8>,
    created_at: Timestamp,
}

/// Adds a key. The unique rule is its place: two rotations at the same moment make one key.
pub async fn insert(tx: &mut Tx, workspace: &WorkspaceId, link: &KeyLink, sealed: &[u8]) -> Result<()> {
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO signing_keys (workspace_id, sequence, public_key, private_key, signature, proof,
                                       created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(workspace.as_str())
        .bind(link.statement.sequence)
        .bind(&link.statement.key.as_bytes()[..])
        .bind(sealed)
        .bind(&link.signature.bytes[..])
        .bind(&link.proof.bytes[..])
        .bind(link.statement.created_at)
    )?;
    Ok(())
}

/// Forgets the private halves of the keys before this one. What they signed stays as good as it is.
pub async fn forget_private_before(tx: &mut Tx, workspace: &WorkspaceId, sequence: i64) -> Result<()> {
    execute!(
        tx,
        sqlx::query(
            "UPDATE signing_keys SET private_key = $3
             WHERE workspace_id = $1 AND sequence < $2 AND private_key <> $3",
        )
        .bind(workspace.as_str())
        .bind(sequence)
        .bind(&[] as &[u8])
    )?;
    Ok(())
}

/// The key a workspace signs with now, when it has one.
pub async fn current(tx: &mut ReadTx, workspace: &WorkspaceId) -> Result<Option<CurrentKey>> {
    let rows: Vec<KeyRow> = on!(tx, c => sqlx::query_as(
        "SELECT sequence, public_key, private_key, signature, proof, created_at FROM signing_keys
         WHERE workspace_id = $1
         ORDER BY sequence DESC
         LIMIT 2",
    )
    .bind(workspace.as_str())
    .fetch_all(c)
    .await)?;
    let mut rows = rows.into_iter();
    let Some(mut row) = rows.next() else { return Ok(None) };
    let before = rows.next().map(|row| public_key(&row, workspace)).transpose()?;
    let sealed = std::mem::take(&mut row.private_key);
    Ok(Some(CurrentKey { link: link(row, workspace, before)?, sealed }))
}

/// Every key of a workspace, oldest first.
pub async fn chain(tx: &mut ReadTx, workspace: &WorkspaceId) -> Result<Vec<KeyLink>> {
    let rows: Vec<KeyRow> = on!(tx, c => sqlx::query_as(
        "SELECT sequence, public_key, private_key, signature, proof, created_at FROM signing_keys
         WHERE workspace_id = $1
         ORDER BY sequence",
    )
    .bind(workspace.as_str())
    .fetch_all(c)
    .await)?;
    let mut links: Vec<KeyLink> = Vec::with_capacity(rows.len());
    for row in rows {
        let before = links.last().map(|link| link.statement.key.clone());
        links.push(link(row, workspace, before)?);
    }
    Ok(links)
}

/// Whether the signatures hold is for the reader to find out; here the row only has to be one.
fn link(row: KeyRow, workspace: &WorkspaceId, previous: Option<PublicKey>) -> Result<KeyLink> {
    let place = place(&row, workspace);
    let key = public_key(&row, workspace)?;
    let bytes = |bytes: Vec<u8>, column| bytes.try_into().map_err(lies("signing_keys", column, &place));
    let signer = previous.as_ref().unwrap_or(&key).id();
    Ok(KeyLink {
        signature: Signature { key: signer, bytes: bytes(row.signature, "signature")? },
        proof: Signature { key: key.id(), bytes: bytes(row.proof, "proof")? },
        statement: KeyStatement {
            workspace: workspace.to_string(),
            sequence: row.sequence,
            key,
            previous,
            created_at: row.created_at,
        },
    })
}

fn public_key(row: &KeyRow, workspace: &WorkspaceId) -> Result<PublicKey> {
    let bytes: Option<[u8; 32]> = row.public_key.as_slice().try_into().ok();
    bytes.and_then(|bytes| PublicKey::from_bytes(&bytes)).ok_or_else(|| StoreError::Corrupt {
        table: "signing_keys",
        column: "public_key",
        row: place(row, workspace),
    })
}

fn place(row: &KeyRow, workspace: &WorkspaceId) -> String {
    format!("{workspace} {}", row.sequence)
}
