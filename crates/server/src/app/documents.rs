//! Documents by digest.

use promptsync_api::error::DOCUMENT_NOT_FOUND;
use promptsync_core::digest::Digest;
use promptsync_store::documents;

use crate::{endpoint::Call, http::error::ApiError};

/// A document's canonical form. A key of one project sees that project's documents only.
pub(crate) async fn get(call: &Call, digest: &str) -> Result<String, ApiError> {
    let not_found = || ApiError::new(DOCUMENT_NOT_FOUND, "no document has this digest");
    let digest = Digest::parse(digest).map_err(|_| not_found())?;
    let mut tx = call.app.db.begin_read(&call.caller.workspace).await?;
    let workspace = &call.caller.workspace;
    let found = match &call.caller.project {
        Some((project, _)) => documents::get_in_project(&mut tx, workspace, project, &digest).await?,
        None => documents::get(&mut tx, workspace, &digest).await?,
    };
    found.ok_or_else(not_found)
}
