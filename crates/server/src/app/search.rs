//! Finding prompts by words and tags.

use promptsync_api::{page::Page, prompts::PromptSummary};
use promptsync_core::access::Permission;
use promptsync_store::search;
pub(crate) use promptsync_store::search::Question;

use super::{
    pages::{self, Paging},
    prompts::summaries,
};
use crate::{endpoint::InProject, http::error::ApiError};

/// The project's prompts that a question matches, best first.
pub(crate) async fn find(
    call: &InProject,
    question: &Question,
    paging: &Paging,
) -> Result<Page<PromptSummary>, ApiError> {
    let list = format!("search:{}:{:?}", call.project.id, question);
    let mut tx = call.app.db.begin_read(&call.caller.workspace).await?;
    let page = search::find(
        &mut tx,
        &call.caller.workspace,
        &call.project.id,
        question,
        &paging.request(&call.app, &list)?,
    )
    .await?;
    // A page loses what the caller may not read; its cursor leads on.
    let mut found = page.items;
    found.retain(|prompt| call.can_in_module(Permission::Read, &prompt.module));
    let items = summaries(&mut tx, found).await?;
    Ok(pages::answer(&call.app, &list, promptsync_store::Page { items, next: page.next }, |item| item))
}
