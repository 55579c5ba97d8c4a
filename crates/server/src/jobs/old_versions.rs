//! Signs versions that were published before their workspace had a signing key.

use promptsync_core::{audit::AuditEntry, ids::WorkspaceId};
use promptsync_store::{signing_keys, version_signatures, workspaces};
use serde_json::{Map, json};

use crate::{
    app::{App, proofs},
    http::Reason,
};

/// How many versions are signed in one transaction.
const STEP: u32 = 500;

/// Signs all of them; gives how many there were.
///
/// A version that is younger than its workspace's first key is left alone: it was signed when it was published, or it
/// did not come into the database through this program.
pub async fn run_once(app: &App) -> Result<usize, Reason> {
    let mut tx = app.db.begin_system_read().await?;
    let known = workspaces::list(&mut tx).await?;
    drop(tx);
    let mut count = 0;
    for workspace in known {
        loop {
            let signed = sign_some(app, &workspace.id).await?;
            if signed == 0 {
                break;
            }
            count += signed;
        }
    }
    Ok(count)
}

async fn sign_some(app: &App, workspace: &WorkspaceId) -> Result<usize, Reason> {
    app.signer(workspace).await?;
    let mut tx = app.db.begin_read(workspace).await?;
    let chain = signing_keys::chain(&mut tx, workspace).await?;
    let Some(first) = chain.first() else { return Ok(0) };
    let until = first.statement.created_at;
    if version_signatures::missing(&mut tx, workspace, until, 1).await?.is_empty() {
        return Ok(0);
    }
    drop(tx);
    let mut tx = app.db.begin_write(workspace).await?;
    tx.revision(workspace).await?;
    let Some(signer) = app.signer_within(&mut tx, workspace).await? else { return Ok(0) };
    let missing = version_signatures::missing(&mut tx, workspace, until, STEP).await?;
    let signatures = proofs::sign(signer, missing).await?;
    version_signatures::insert_all(&mut tx, workspace, &signatures).await?;
    let details = Map::from_iter([("versions".to_owned(), json!(signatures.len()))]);
    let target = format!("workspace:{workspace}");
    let entry = AuditEntry {
        reason: Some("published before there were signatures".to_owned()),
        ..AuditEntry::of_system("version.sign", target, details, app.clock.now())
    };
    tx.commit(workspace, entry).await?;
    Ok(signatures.len())
}
