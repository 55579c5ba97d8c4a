//! Snapshots: where an alias points, signed, for readers who must not take a server's word for it.

use chrono::TimeDelta;
use promptsync_core::signing::{Signed, SnapshotStatement};
use promptsync_store::{audit, snapshot};

use super::aliases::existing;
use crate::{endpoint::InProject, http::error::ApiError};

/// How long a snapshot is good: what it says cannot be kept from being replaced for longer.
const GOOD_FOR: TimeDelta = TimeDelta::hours(24);

/// Where an alias points now.
pub(crate) async fn get(call: &InProject, alias: &str) -> Result<Signed<SnapshotStatement>, ApiError> {
    let (app, workspace) = (&call.app, &call.caller.workspace);
    let signer = app.signer(workspace).await?;
    let mut tx = app.db.begin_read(workspace).await?;
    let alias = existing(&mut tx, call, alias).await?;
    let entries = snapshot::signed_entries(&mut tx, &alias.id).await?;
    let revision = audit::head(&mut tx, workspace).await?.revision;
    drop(tx);
    let now = app.clock.now();
    Ok(signer.sign(SnapshotStatement {
        workspace: workspace.to_string(),
        project: call.project.name.to_string(),
        alias: alias.name,
        revision,
        issued_at: now,
        expires_at: now + GOOD_FOR,
        entries,
    }))
}
