//! Versions of a prompt: listed, shown, taken out of use and put back. Never changed.

use promptsync_api::{
    error::{IN_USE, VERSION_LOCKED, VERSION_NOT_FOUND},
    page::Page,
    versions::{ArchiveVersion, VersionSummary},
};
use promptsync_core::{
    names::{ProjectName, PromptName},
    splits::Split,
    versions::VersionNumber,
};
use promptsync_store::{ReadTx, alias_splits, aliases, prompts, versions};
use serde_json::{Map, json};

use super::{
    change::{Deed, Kept},
    pages::{self, Paging},
    prompts::by_name,
    proofs::{Proofs, Subject},
    resolve,
};
use crate::{endpoint::InProject, http::error::ApiError};

/// The versions of a prompt, newest first.
pub(crate) async fn list(
    call: &InProject,
    name: &str,
    paging: &Paging,
) -> Result<Page<VersionSummary>, ApiError> {
    let mut tx = call.app.db.begin_read(&call.caller.workspace).await?;
    let prompt = by_name(&mut tx, &call.project, name).await?;
    let list = format!("versions:{}", prompt.id);
    let page = versions::list(&mut tx, &prompt.id, &paging.request(&call.app, &list)?).await?;
    let ids: Vec<_> = page.items.iter().map(|version| version.id.clone()).collect();
    let proofs = Proofs::load(&mut tx, &ids).await?;
    let shown = |version| view(&call.project.name, &prompt.name, version, &proofs);
    Ok(pages::answer(&call.app, &list, page, shown))
}

/// One version, by any reference.
pub(crate) async fn get(call: &InProject, name: &str, reference: &str) -> Result<VersionSummary, ApiError> {
    let found = resolve::find(call, name, reference, None).await?;
    Ok(view(&call.project.name, &found.prompt.name, found.version, &found.proofs))
}

/// Takes a version out of use. One that an alias points at, or may serve to somebody, stays.
pub(crate) async fn archive(
    call: &InProject,
    name: &str,
    number: &str,
    request: ArchiveVersion,
) -> Result<VersionSummary, ApiError> {
    let mut tx = call.app.db.begin_write(&call.caller.workspace).await?;
    tx.revision(&call.caller.workspace).await?;
    let (prompt, mut version) = exact(&mut tx, call, name, number).await?;
    if version.archived_at.is_some() {
        let proofs = Proofs::load(&mut tx, std::slice::from_ref(&version.id)).await?;
        tx.unchanged().await?;
        call.change.unchanged();
        return Ok(view(&call.project.name, &prompt.name, version, &proofs));
    }
    let proofs = Proofs::load(&mut tx, std::slice::from_ref(&version.id)).await?;
    let subject = Subject { project: &call.project.name, prompt: &prompt.name, version: &version };
    if proofs.lock(subject).is_some() {
        let detail = format!("{} {} is locked: it stays in use", prompt.name, version.number);
        return Err(
            ApiError::new(VERSION_LOCKED, detail).hint("publish a newer version and move the aliases")
        );
    }
    let pointing = aliases::of_prompts(&mut tx, std::slice::from_ref(&prompt.id)).await?.remove(&prompt.id);
    let pointing =
        pointing.unwrap_or_default().into_iter().find(|(_, points_at)| *points_at == version.number);
    if let Some((alias, _)) = pointing {
        let detail = format!("the alias `{alias}` points at {} {}", prompt.name, version.number);
        return Err(ApiError::new(IN_USE, detail).hint("move the alias first"));
    }
    let splits = alias_splits::of_prompt(&mut tx, &prompt.id).await?;
    let serves = |split: &Split| split.versions().any(|named| *named == version.number);
    if let Some((alias, _)) = splits.iter().find(|(_, split)| serves(split)) {
        let detail = format!("the alias `{alias}` has {} {} in a split", prompt.name, version.number);
        return Err(ApiError::new(IN_USE, detail)
            .hint(format!("`promptsync canary abort --alias {alias}` ends the split")));
    }
    let now = call.app.clock.now();
    versions::archive(&mut tx, &version.id, now).await?;
    version.archived_at = Some(now);
    finish(call, tx, "version.archive", prompt.name, version, request).await
}

/// Puts an archived version back into use.
pub(crate) async fn restore(
    call: &InProject,
    name: &str,
    number: &str,
    request: ArchiveVersion,
) -> Result<VersionSummary, ApiError> {
    let mut tx = call.app.db.begin_write(&call.caller.workspace).await?;
    tx.revision(&call.caller.workspace).await?;
    let (prompt, mut version) = exact(&mut tx, call, name, number).await?;
    if version.archived_at.is_none() {
        let proofs = Proofs::load(&mut tx, std::slice::from_ref(&version.id)).await?;
        tx.unchanged().await?;
        call.change.unchanged();
        return Ok(view(&call.project.name, &prompt.name, version, &proofs));
    }
    versions::restore(&mut tx, &version.id).await?;
    version.archived_at = None;
    finish(call, tx, "version.restore", prompt.name, version, request).await
}

async fn finish(
    call: &InProject,
    mut tx: promptsync_store::Tx,
    action: &'static str,
    prompt: PromptName,
    version: versions::Version,
    request: ArchiveVersion,
) -> Result<VersionSummary, ApiError> {
    let deed = Deed {
        action,
        target: format!("version:{prompt}@{}", version.number),
        after: Some(version.digest.clone()),
        reason: request.reason,
        details: Map::from_iter([("archived".to_owned(), json!(version.archived_at.is_some()))]),
        ..Deed::default()
    };
    let proofs = Proofs::load(&mut tx, std::slice::from_ref(&version.id)).await?;
    let answer = view(&call.project.name, &prompt, version, &proofs);
    call.change.commit(&call.app, tx, deed, Kept::Answer(200, &answer)).await?;
    Ok(answer)
}

/// A version by its own number: what is about to be changed is named exactly.
pub(super) async fn exact(
    tx: &mut ReadTx,
    call: &InProject,
    name: &str,
    number: &str,
) -> Result<(prompts::Prompt, versions::Version), ApiError> {
    let prompt = by_name(tx, &call.project, name).await?;
    let not_found = || {
        let shown: String = number.chars().take(80).collect();
        ApiError::new(
            VERSION_NOT_FOUND,
            format!("`{}` has no version `{}`", prompt.name, shown.escape_debug()),
        )
        .hint("name the version by its whole number, such as 1.2.0")
    };
    let number = VersionNumber::parse(number).map_err(|_| not_found())?;
    let version = versions::get(tx, &prompt.id, &number).await?.ok_or_else(not_found)?;
    Ok((prompt, version))
}

/// A version as callers get it.
pub(crate) fn view(
    project: &ProjectName,
    prompt: &PromptName,
    version: versions::Version,
    proofs: &Proofs,
) -> VersionSummary {
    let subject = Subject { project, prompt, version: &version };
    let (signature, lock) = (proofs.signature(subject), proofs.lock(subject));
    VersionSummary {
        prompt: prompt.clone(),
        version: version.number,
        digest: version.digest,
        bump: version.bump,
        reasons: version.reasons,
        changelog: version.changelog,
        author: version.author,
        git_commit: version.git_commit,
        origin: version.origin,
        dependencies: version.dependencies,
        archived: version.archived_at.is_some(),
        signature,
        lock,
        created_at: version.created_at,
    }
}
