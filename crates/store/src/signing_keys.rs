//! The keys workspaces sign with: added one after the other, never taken away.

use std::sync::Arc;

use promptsync_core::{
    ids::WorkspaceId,
    seal::Place,
    signing::{KeyLink, KeyStatement, PrivateKey, PublicKey, Signature},
    time::Timestamp,
};

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::{Result, StoreError},
    rows::lies,
};

#[derive(sqlx::FromRow)]
struct KeyRow {
    sequence: i64,
    public_key: Vec<u8>,
    signature: Vec<u8>,
    proof: Vec<u8>,
    created_at: Timestamp,
}

/// Adds a key, its private half sealed. The unique rule is its place: two rotations at the same moment make one key.
pub async fn insert(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    link: &KeyLink,
    private: &PrivateKey,
) -> Result<()> {
    tx.known.signing_key = None;
    let row = link.statement.sequence.to_string();
    let sealed = tx.seal(&place(workspace, &row), private.seed()).await?;
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO signing_keys (workspace_id, sequence, public_key, signature, proof, created_at,
                                       private_key_sealed)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(workspace.as_str())
        .bind(link.statement.sequence)
        .bind(&link.statement.key.as_bytes()[..])
        .bind(&link.signature.bytes[..])
        .bind(&link.proof.bytes[..])
        .bind(link.statement.created_at)
        .bind(sealed)
    )?;
    Ok(())
}

/// Forgets the private halves of the keys before this one. What they signed stays as good as it is.
pub async fn forget_private_before(tx: &mut Tx, workspace: &WorkspaceId, sequence: i64) -> Result<()> {
    execute!(
        tx,
        sqlx::query(
            "UPDATE signing_keys SET private_key_sealed = NULL
             WHERE workspace_id = $1 AND sequence < $2 AND private_key_sealed IS NOT NULL",
        )
        .bind(workspace.as_str())
        .bind(sequence)
    )?;
    Ok(())
}

/// The key a workspace signs with now, when it has one.
pub async fn newest(tx: &mut ReadTx, workspace: &WorkspaceId) -> Result<Option<KeyLink>> {
    if let Some(known) =
        tx.known.signing_key.as_ref().filter(|known| known.statement.workspace == workspace.as_str())
    {
        return Ok(Some(KeyLink::clone(known)));
    }
    let rows: Vec<KeyRow> = on!(tx, c => sqlx::query_as(
        "SELECT sequence, public_key, signature, proof, created_at FROM signing_keys
         WHERE workspace_id = $1
         ORDER BY sequence DESC
         LIMIT 2",
    )
    .bind(workspace.as_str())
    .fetch_all(c)
    .await)?;
    let mut rows = rows.into_iter();
    let Some(row) = rows.next() else { return Ok(None) };
    let before = rows.next().map(|row| public_key(&row, workspace)).transpose()?;
    let link = link(row, workspace, before)?;
    if tx.known.is_locked {
        tx.known.signing_key = Some(Arc::new(link.clone()));
    }
    Ok(Some(link))
}

/// The private half of the key at this place; it must be the half of that key.
pub async fn private_key(tx: &mut ReadTx, workspace: &WorkspaceId, link: &KeyLink) -> Result<PrivateKey> {
    let row = link.statement.sequence.to_string();
    let sealed: Option<Option<Vec<u8>>> = on!(tx, c => sqlx::query_scalar(
        "SELECT private_key_sealed FROM signing_keys WHERE workspace_id = $1 AND sequence = $2",
    )
    .bind(workspace.as_str())
    .bind(link.statement.sequence)
    .fetch_optional(c)
    .await)?;
    let sealed = sealed.flatten().ok_or(StoreError::NotFound { what: "signing key" })?;
    let place = place(workspace, &row);
    let seed: Option<[u8; 32]> = tx.open(&place, &sealed).await?.as_slice().try_into().ok();
    let key = seed.map(|seed| PrivateKey::from_seed(&seed));
    key.filter(|key| key.public() == link.statement.key).ok_or_else(|| StoreError::Corrupt {
        table: place.table,
        column: place.column,
        row: format!("{workspace} {row}"),
    })
}

/// Every key of a workspace, oldest first.
pub async fn chain(tx: &mut ReadTx, workspace: &WorkspaceId) -> Result<Vec<KeyLink>> {
    let rows: Vec<KeyRow> = on!(tx, c => sqlx::query_as(
        "SELECT sequence, public_key, signature, proof, created_at FROM signing_keys
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
    let row_key = format!("{workspace} {}", row.sequence);
    let key = public_key(&row, workspace)?;
    let bytes = |bytes: Vec<u8>, column| bytes.try_into().map_err(lies("signing_keys", column, &row_key));
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
        row: format!("{workspace} {}", row.sequence),
    })
}

fn place<'a>(workspace: &'a WorkspaceId, row: &'a str) -> Place<'a> {
    Place { workspace: workspace.as_str(), table: "signing_keys", column: "private_key_sealed", row }
}
