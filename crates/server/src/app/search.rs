//! Finding prompts by words and tags.

use promptsync_api::{page::Page, prompts::PromptSummary};
use promptsync_core::access::Permission;
pub(crate) use promptsync_store::search::Question;
use promptsync_store::{ReadTx, StoreError, search, search_pending};

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
    let mut tx = up_to_date(call).await?;
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

/// A transaction that finds what was published before. What the index could not be brought up to now is found as it was.
async fn up_to_date(call: &InProject) -> Result<ReadTx, StoreError> {
    let (db, workspace) = (&call.app.db, &call.caller.workspace);
    let mut tx = db.begin_read(workspace).await?;
    if !search_pending::is_behind(&mut tx, workspace).await? {
        return Ok(tx);
    }
    drop(tx);
    if let Err(failure) = search_pending::catch_up(db, workspace).await {
        tracing::warn!(cause = crate::http::error::chain(&failure), "the search index is not up to date");
    }
    db.begin_read(workspace).await
}
