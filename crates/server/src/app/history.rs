//! What happened to a project: its part of the audit log, newest first.

use promptsync_api::{history::HistoryEntry, page::Page};
use promptsync_core::{access::Permission, audit::ChainedEntry};
use promptsync_store::prompts;

use super::{
    audit,
    pages::{self, Paging},
    projects::prompt_name,
};
use crate::{endpoint::InProject, http::error::ApiError};

/// The changes of a project, or those that concern one prompt: these also for who may read its module alone.
pub(crate) async fn list(
    call: &InProject,
    prompt: Option<&str>,
    paging: &Paging,
) -> Result<Page<HistoryEntry>, ApiError> {
    let prompt = prompt.map(prompt_name).transpose()?;
    let mut tx = call.app.db.begin_read(&call.caller.workspace).await?;
    let module = match &prompt {
        Some(prompt) => prompts::by_name(&mut tx, &call.project.id, prompt).await?.map(|found| found.module),
        None => None,
    };
    match module {
        Some(module) if call.can_in_module(Permission::Read, &module) => {}
        _ => call.require(Permission::Read)?,
    }
    let list = format!("history:{}:{prompt:?}", call.project.id);
    let request = paging.request(&call.app, &list)?;
    let page = audit::newest(&mut tx, &call.caller.workspace, &request, |chained| {
        chained.entry.project.as_deref() == Some(call.project.name.as_str())
            && prompt.as_ref().is_none_or(|prompt| concerns(chained, prompt.as_str()))
    });
    Ok(pages::answer(&call.app, &list, page.await?, view))
}

fn concerns(chained: &ChainedEntry, prompt: &str) -> bool {
    let entry = &chained.entry;
    let named = entry.target.strip_prefix("version:").and_then(|rest| rest.split_once('@'));
    named.is_some_and(|(name, _)| name == prompt)
        || entry.details.get("prompt").is_some_and(|name| name == prompt)
        || entry.details.get("versions").is_some_and(|versions| versions.get(prompt).is_some())
}

fn view(chained: ChainedEntry) -> HistoryEntry {
    HistoryEntry {
        revision: chained.revision,
        action: chained.entry.action,
        actor: chained.entry.actor,
        target: chained.entry.target,
        reason: chained.entry.reason,
        at: chained.entry.at,
    }
}
