//! Documents by digest.

use std::collections::BTreeSet;

use promptsync_api::{
    delivery::{Documents, MAX_DOCUMENTS, WantDocuments},
    error::{DOCUMENT_NOT_FOUND, INVALID},
};
use promptsync_core::{
    access::{Object, Permission, Scope},
    digest::Digest,
    ids::ProjectId,
    names::AliasName,
};
use promptsync_store::{Db, ReadTx, StoreError, aliases, documents, snapshot};

use crate::{
    endpoint::{Call, InProject},
    http::error::ApiError,
};

/// Documents that are read from the database at a time.
const AT_ONCE: usize = 50;

/// Bytes of documents after which an answer is full; what is missing then is asked for again.
const FULL: usize = 16 << 20;

/// A document's canonical form. What is neither in a prompt the caller may read nor included by one does not exist for
/// it.
pub(crate) async fn get(call: &Call, digest: &str) -> Result<String, ApiError> {
    let not_found = || ApiError::new(DOCUMENT_NOT_FOUND, "no document has this digest");
    let digest = Digest::parse(digest).map_err(|_| not_found())?;
    let found = get_in(&call.app.db, call, &digest).await;
    let found = match (&found, call.app.standby()) {
        (Err(error), Some(standby)) if error.is_unavailable() => {
            // What is not in the copy may exist all the same.
            let found = get_in(&standby.db, call, &digest).await?;
            Ok(Some(found.ok_or_else(StoreError::away)?))
        }
        _ => found,
    };
    found?.ok_or_else(not_found)
}

async fn get_in(db: &Db, call: &Call, digest: &Digest) -> Result<Option<String>, ApiError> {
    let workspace = &call.caller.workspace;
    let mut tx = db.begin_read(workspace).await?;
    let Some(found) = documents::get(&mut tx, workspace, digest).await? else { return Ok(None) };
    Ok(is_readable(call, &mut tx, digest).await?.then_some(found))
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
                    // Where it divides traffic, its other versions count too.
                    || behind(tx, project, alias).await?.contains(digest)
            }
        };
        if readable {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The canonical forms of several documents of a project: those the caller may read, as far as they fit.
pub(crate) async fn get_all(call: &InProject, wanted: WantDocuments) -> Result<Documents, ApiError> {
    if wanted.digests.len() > MAX_DOCUMENTS {
        let detail =
            format!("at most {MAX_DOCUMENTS} documents are given at once, not {}", wanted.digests.len());
        return Err(ApiError::new(INVALID, detail).hint("ask for the rest in another request"));
    }
    let wanted: Vec<Digest> = wanted.digests.into_iter().collect();
    let found = get_all_in(&call.app.db, call, &wanted).await;
    match (&found, call.app.standby()) {
        (Err(error), Some(standby)) if error.is_unavailable() => get_all_in(&standby.db, call, &wanted).await,
        _ => found,
    }
}

async fn get_all_in(db: &Db, call: &InProject, wanted: &[Digest]) -> Result<Documents, ApiError> {
    let workspace = &call.caller.workspace;
    let mut tx = db.begin_read(workspace).await?;
    let readable: Vec<Digest> = readable(call, &mut tx, wanted).await?.into_iter().collect();
    let (mut answer, mut bytes) = (Documents::default(), 0);
    for chunk in readable.chunks(AT_ONCE) {
        for (digest, text) in documents::get_all(&mut tx, workspace, chunk).await? {
            bytes += text.len();
            answer.documents.insert(digest, text);
        }
        if bytes >= FULL {
            break;
        }
    }
    Ok(answer)
}

/// Those of these documents that the caller may read in the project.
async fn readable(
    call: &InProject,
    tx: &mut ReadTx,
    wanted: &[Digest],
) -> Result<BTreeSet<Digest>, ApiError> {
    let project = &call.project.id;
    let here = documents::which_in_project(tx, project, wanted).await?;
    if call.caller.can(Permission::Read, Object::project(&call.caller.workspace, project)) {
        return Ok(here);
    }
    let mut readable = BTreeSet::new();
    let grants = call.caller.principal.grants.iter();
    for grant in grants.filter(|grant| grant.permissions.contains(Permission::Read)) {
        match &grant.scope {
            Scope::Module(own, module) if own == project => {
                for digest in here.difference(&readable.clone()) {
                    if documents::is_in_module(tx, project, module, digest).await? {
                        readable.insert(digest.clone());
                    }
                }
            }
            Scope::Environment(own, alias) if own == project => {
                readable.extend(behind(tx, project, alias).await?.intersection(&here).cloned());
            }
            Scope::Workspace | Scope::Project(_) | Scope::Module(..) | Scope::Environment(..) => {}
        }
    }
    Ok(readable)
}

/// The documents it takes to serve an alias.
async fn behind(
    tx: &mut ReadTx,
    project: &ProjectId,
    alias: &AliasName,
) -> Result<BTreeSet<Digest>, ApiError> {
    let Some(alias) = aliases::by_name(tx, project, alias).await? else { return Ok(BTreeSet::new()) };
    let entries = snapshot::signed_entries(tx, &alias.id).await?;
    Ok(entries.values().flat_map(|entry| entry.digests().cloned().collect::<Vec<_>>()).collect())
}
