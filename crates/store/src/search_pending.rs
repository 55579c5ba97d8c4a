//! Prompts that wait to be indexed. A change only notes them: cutting texts into words takes longer than all else that
//! it writes, and nobody needs the index before somebody searches.

use promptsync_core::{
    documents::Document,
    ids::{PromptId, WorkspaceId},
};
use sqlx::QueryBuilder;

use crate::{
    blind,
    conn::{Db, ReadTx, Tx, insert, on},
    documents,
    error::Result,
    rows::{lies, push_list},
    search::{self, SearchText, Unindexed, UnindexedRow},
};

/// Prompts that are indexed in one transaction: others wait so long.
const AT_ONCE: u32 = 64;

/// Notes that these prompts have new texts.
pub async fn note(tx: &mut Tx, workspace: &WorkspaceId, prompts: &[PromptId]) -> Result<()> {
    if !tx.keys.ring.is_searchable(workspace.as_str()) {
        // A key is made with a change that is audited; indexing is none.
        blind::make_search_key(tx, workspace).await?;
    }
    insert!(
        tx,
        "INSERT INTO search_pending (prompt_id, workspace_id) ",
        prompts,
        |row, prompt| row.push_bind(prompt.as_str()).push_bind(workspace.as_str()),
        // Not nothing: whoever is just indexing the prompt must not take the note for one that was done.
        " ON CONFLICT (prompt_id) DO UPDATE SET workspace_id = excluded.workspace_id"
    );
    Ok(())
}

/// Whether any prompt of the workspace waits.
pub async fn is_behind(tx: &mut ReadTx, workspace: &WorkspaceId) -> Result<bool> {
    Ok(on!(tx, c => sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM search_pending WHERE workspace_id = $1)",
    )
    .bind(workspace.as_str())
    .fetch_one(c)
    .await)?)
}

/// The workspaces of which any prompt waits.
pub async fn workspaces(tx: &mut ReadTx) -> Result<Vec<WorkspaceId>> {
    let found: Vec<String> = on!(tx, c => sqlx::query_scalar("SELECT DISTINCT workspace_id FROM search_pending")
        .fetch_all(c)
        .await)?;
    Ok(found.into_iter().map(WorkspaceId::new).collect())
}

/// Indexes what waits in a workspace, part by part.
pub async fn catch_up(db: &Db, workspace: &WorkspaceId) -> Result<()> {
    loop {
        let mut tx = db.begin_write(workspace).await?;
        if blind::search_key(&mut tx, workspace).await?.is_none() {
            return tx.unchanged().await;
        }
        db.keyring().set_searchable(workspace.as_str());
        let taken = take(&mut tx, workspace).await?;
        let found = newest(&mut tx, &taken).await?;
        index(&mut tx, workspace, &found).await?;
        tx.commit_facts().await?;
        if taken.len() < AT_ONCE as usize {
            return Ok(());
        }
    }
}

/// Makes prompts findable by the texts of their newest versions.
pub async fn index(tx: &mut Tx, workspace: &WorkspaceId, found: &[Unindexed]) -> Result<()> {
    let digests: Vec<_> = found.iter().map(|prompt| prompt.digest.clone()).collect();
    let texts = documents::get_all(tx, workspace, &digests).await?;
    let mut contents = Vec::with_capacity(found.len());
    for prompt in found {
        let text = texts.get(&prompt.digest).map_or("{}", String::as_str);
        let document: Document =
            serde_json::from_str(text).map_err(lies("documents", "content", prompt.digest.as_str()))?;
        contents.push(document.words());
    }
    let rows = found.iter().zip(&contents).map(|(found, content)| SearchText {
        prompt: &found.prompt.id,
        name: found.prompt.name.as_str(),
        description: found.prompt.description.as_deref().unwrap_or_default(),
        tags: &found.prompt.tags,
        content,
    });
    search::index_all(tx, workspace, &rows.collect::<Vec<_>>()).await
}

/// Takes prompts off the list. Whoever changes one of them at this moment notes it anew.
async fn take(tx: &mut Tx, workspace: &WorkspaceId) -> Result<Vec<PromptId>> {
    let taken: Vec<String> = on!(tx, c => sqlx::query_scalar(
        "DELETE FROM search_pending WHERE prompt_id IN (
             SELECT prompt_id FROM search_pending WHERE workspace_id = $1 LIMIT $2)
         RETURNING prompt_id",
    )
    .bind(workspace.as_str())
    .bind(i64::from(AT_ONCE))
    .fetch_all(c)
    .await)?;
    Ok(taken.into_iter().map(PromptId::new).collect())
}

/// These prompts with their newest contents.
async fn newest(tx: &mut ReadTx, prompts: &[PromptId]) -> Result<Vec<Unindexed>> {
    if prompts.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<UnindexedRow> = on!(tx, c => {
        let mut query = QueryBuilder::new(
            "SELECT prompts.*, versions.digest FROM prompts
             JOIN versions ON versions.prompt_id = prompts.id AND versions.version = prompts.latest_version
             WHERE prompts.id IN",
        );
        push_list(&mut query, prompts.iter().map(PromptId::to_string));
        query.build_query_as().persistent(false).fetch_all(c).await
    })?;
    rows.into_iter().map(Unindexed::try_from).collect()
}
