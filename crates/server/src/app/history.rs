//! What happened to a project: its part of the audit log, newest first.

use promptsync_api::{history::HistoryEntry, page::Page};
use promptsync_core::{access::Permission, audit::ChainedEntry};
use promptsync_store::{audit, prompts};

use super::{
    pages::{self, Paging},
    projects::prompt_name,
};
use crate::{endpoint::InProject, http::error::ApiError};

/// Entries looked at for one page; a page of a rare prompt may be short, and its cursor leads on.
const LOOKED_AT: usize = 5_000;
/// Entries read at once.
const STEP: u32 = 200;

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
    let wrong = || ApiError::internal("a sealed cursor holds no revision");
    let mut before = request.after.map(|text| text.parse().map_err(|_| wrong())).transpose()?;
    let (mut items, mut looked_at) = (Vec::new(), 0);
    let next = 'pages: loop {
        let entries = audit::before(&mut tx, &call.caller.workspace, before, STEP).await?;
        let is_last = entries.len() < STEP as usize;
        for chained in entries {
            if items.len() == request.limit as usize || looked_at == LOOKED_AT {
                break 'pages before;
            }
            looked_at += 1;
            before = Some(chained.revision);
            let ours = chained.entry.project.as_deref() == Some(call.project.name.as_str());
            if ours && prompt.as_ref().is_none_or(|prompt| concerns(&chained, prompt.as_str())) {
                items.push(view(chained));
            }
        }
        if is_last {
            break None;
        }
    };
    let page = promptsync_store::Page { items, next: next.map(|revision| revision.to_string()) };
    Ok(pages::answer(&call.app, &list, page, |item| item))
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
