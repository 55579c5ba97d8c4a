//! Documents by digest.

use promptsync_api::error::DOCUMENT_NOT_FOUND;
use promptsync_core::{
    access::{Permission, Scope},
    digest::Digest,
};
use promptsync_store::{ReadTx, documents};

use crate::{endpoint::Call, http::error::ApiError};

/// A document's canonical form. What is neither in a prompt the caller may read nor included by one does not exist for
/// it.
pub(crate) async fn get(call: &Call, digest: &str) -> Result<String, ApiError> {
    let not_found = || ApiError::new(DOCUMENT_NOT_FOUND, "no document has this digest");
    let digest = Digest::parse(digest).map_err(|_| not_found())?;
    let workspace = &call.caller.workspace;
    let mut tx = call.app.db.begin_read(workspace).await?;
    let found = documents::get(&mut tx, workspace, &digest).await?.ok_or_else(not_found)?;
    if is_readable(call, &mut tx, &digest).await? { Ok(found) } else { Err(not_found()) }
}

async fn is_readable(call: &Call, tx: &mut ReadTx, digest: &Digest) -> Result<bool, ApiError> {
    let grants = call.caller.principal.grants.iter();
    for grant in grants.filter(|grant| grant.permissions.contains(Permission::Read)) {
        let readable = match &grant.scope {
            Scope::Workspace => true,
            Scope::Project(project) => documents::is_in_project(tx, project, digest).await?,
            Scope::Module(project, module) => documents::is_in_module(tx, project, module, digest).await?,
            Scope::Environment(project, alias) => {
                documents::is_behind_alias(tx, project, alias, digest).await?
            }
        };
        if readable {
            return Ok(true);
        }
    }
    Ok(false)
}
