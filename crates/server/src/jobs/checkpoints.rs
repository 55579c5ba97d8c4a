//! Signs the end of each workspace's audit chain, so that what came before cannot be rewritten without the key.

use promptsync_core::{
    audit::{
        Revision, genesis,
        statements::{Checkpoint, CheckpointStatement},
    },
    ids::WorkspaceId,
};
use promptsync_store::{StoreError, audit, checkpoints, workspaces};

use crate::app::App;

/// Entries that may lie between two checkpoints.
const APART: Revision = 1_000;

/// Signs every chain that went on since its last checkpoint.
pub async fn run_once(app: &App) -> Result<(), StoreError> {
    let mut tx = app.db.begin_system_read().await?;
    let known = workspaces::list(&mut tx).await?;
    drop(tx);
    for workspace in known {
        sign(app, &workspace.id).await?;
    }
    Ok(())
}

async fn sign(app: &App, workspace: &WorkspaceId) -> Result<(), StoreError> {
    let mut tx = app.db.begin_read(workspace).await?;
    let (head, last) =
        (audit::head(&mut tx, workspace).await?, checkpoints::newest(&mut tx, workspace).await?);
    drop(tx);
    if last.is_some_and(|last| last.statement.revision >= head.revision) {
        return Ok(());
    }
    app.signer(workspace).await?;
    // What was read above may be old; another server signs the same chain.
    let mut tx = app.db.begin_write(workspace).await?;
    checkpoints::hold(&mut tx, workspace).await?;
    let signer = app.signer_within(&mut tx, workspace).await?;
    let signer = signer.ok_or(StoreError::NotFound { what: "signing key" })?;
    let head = audit::head(&mut tx, workspace).await?;
    let last = checkpoints::newest(&mut tx, workspace).await?;
    let (mut revision, mut previous) =
        last.map_or_else(|| (0, genesis()), |last| (last.statement.revision, last.statement.id()));
    let mut signed: Vec<Checkpoint> = Vec::new();
    while revision < head.revision {
        revision = (revision + APART).min(head.revision);
        let hash = audit::hash_at(&mut tx, workspace, revision).await?;
        let statement = CheckpointStatement {
            at: app.clock.now(),
            hash: hash.ok_or(StoreError::NotFound { what: "audit entry" })?,
            previous,
            revision,
            workspace: workspace.to_string(),
        };
        previous = statement.id();
        signed.push(signer.sign(statement));
    }
    checkpoints::append(tx, workspace, &signed).await
}
