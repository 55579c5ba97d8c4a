//! Locks: a version that is locked never changes again in any way.

use promptsync_api::{
    error::NOT_PUBLISHABLE,
    versions::{LockVersion, VersionSummary},
};
use promptsync_core::signing::Statement as _;
use promptsync_store::version_locks::{self, VersionLock};

use super::{
    change::{Deed, Kept},
    proofs::{Proofs, Subject},
    versions::{exact, view},
};
use crate::{endpoint::InProject, http::error::ApiError};

/// Signs and freezes a version. Locking it again changes nothing.
pub(crate) async fn lock(
    call: &InProject,
    name: &str,
    number: &str,
    request: LockVersion,
) -> Result<VersionSummary, ApiError> {
    let (app, workspace) = (&call.app, &call.caller.workspace);
    app.signer(workspace).await?;
    let mut tx = app.db.begin_write(workspace).await?;
    tx.revision(workspace).await?;
    let (prompt, version) = exact(&mut tx, call, name, number).await?;
    let subject = Subject { project: &call.project.name, prompt: &prompt.name, version: &version };
    let ids = [version.id.clone()];
    let proofs = Proofs::load(&mut tx, &ids).await?;
    if proofs.lock(subject).is_some() {
        tx.unchanged().await?;
        call.change.unchanged();
        return Ok(view(&call.project.name, &prompt.name, version, &proofs));
    }
    if version.archived_at.is_some() {
        let detail = format!("{} {} is archived", prompt.name, version.number);
        return Err(ApiError::new(NOT_PUBLISHABLE, detail).hint("restore the version first"));
    }
    let signer = app.signer_within(&mut tx, workspace).await?;
    let signer = signer.ok_or_else(|| ApiError::internal("a workspace lost its signing key"))?;
    let mut statement = subject.lock_statement(call.change.actor.clone(), app.clock.now());
    statement.reason.clone_from(&request.reason);
    let lock = VersionLock {
        signature: signer.signature(&statement),
        locked_at: statement.signed_at(),
        locked_by: statement.locked_by,
        reason: statement.reason,
    };
    version_locks::insert(&mut tx, workspace, &version.id, &lock).await?;
    let proofs = Proofs::load(&mut tx, &ids).await?;
    let deed = Deed {
        action: "version.lock",
        target: format!("version:{}@{}", prompt.name, version.number),
        after: Some(version.digest.clone()),
        reason: request.reason,
        ..Deed::default()
    };
    let answer = view(&call.project.name, &prompt.name, version, &proofs);
    call.change.commit(app, tx, deed, Kept::Answer(200, &answer)).await?;
    Ok(answer)
}
