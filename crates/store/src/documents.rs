//! Documents: content by digest, kept once a workspace.

use std::collections::BTreeMap;

use promptsync_core::{
    digest::Digest,
    ids::{ProjectId, WorkspaceId},
    names::{AliasName, ModulePath},
    time::Timestamp,
};
use sqlx::QueryBuilder;

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::Result,
    rows::{CHUNK, lies, push_list},
};

/// Content in canonical form, with its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentText<'a> {
    /// The digest of `canonical`.
    pub digest: &'a Digest,
    /// The canonical JSON.
    pub canonical: &'a str,
}

/// Keeps documents; those that exist are left alone.
pub async fn insert_all(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    documents: &[DocumentText<'_>],
    now: Timestamp,
) -> Result<()> {
    for chunk in documents.chunks(CHUNK) {
        execute!(
            tx,
            QueryBuilder::new("INSERT INTO documents (workspace_id, digest, content, bytes, created_at) ")
                .push_values(chunk, |mut row, document| {
                    row.push_bind(workspace.as_str())
                        .push_bind(document.digest.as_str())
                        .push_bind(document.canonical)
                        .push_bind(i64::try_from(document.canonical.len()).unwrap_or(i64::MAX))
                        .push_bind(now);
                })
                .push(" ON CONFLICT (workspace_id, digest) DO NOTHING")
                .build()
                .persistent(chunk.len() == 1)
        )?;
    }
    Ok(())
}

/// The canonical form of a document of the workspace.
pub async fn get(tx: &mut ReadTx, workspace: &WorkspaceId, digest: &Digest) -> Result<Option<String>> {
    Ok(on!(tx, c => sqlx::query_scalar(
        "SELECT content FROM documents WHERE workspace_id = $1 AND digest = $2",
    )
    .bind(workspace.as_str())
    .bind(digest.as_str())
    .fetch_optional(c)
    .await)?)
}

/// The canonical form of a document that a version of this project has.
pub async fn get_in_project(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    project: &ProjectId,
    digest: &Digest,
) -> Result<Option<String>> {
    Ok(on!(tx, c => sqlx::query_scalar(
        "SELECT documents.content FROM documents
         WHERE documents.workspace_id = $1 AND documents.digest = $3 AND EXISTS (
             SELECT 1 FROM versions WHERE versions.project_id = $2 AND versions.digest = $3)",
    )
    .bind(workspace.as_str())
    .bind(project.as_str())
    .bind(digest.as_str())
    .fetch_optional(c)
    .await)?)
}

/// Whether a version of this project has the document.
pub async fn is_in_project(tx: &mut ReadTx, project: &ProjectId, digest: &Digest) -> Result<bool> {
    Ok(on!(tx, c => sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM versions WHERE project_id = $1 AND digest = $2)",
    )
    .bind(project.as_str())
    .bind(digest.as_str())
    .fetch_one(c)
    .await)?)
}

/// Whether a version of a prompt in this module, or in one inside it, has the document or includes it.
pub async fn is_in_module(
    tx: &mut ReadTx,
    project: &ProjectId,
    module: &ModulePath,
    digest: &Digest,
) -> Result<bool> {
    // What a version includes stands in its dependencies by digest, in quotes; no other text there can be so.
    Ok(on!(tx, c => sqlx::query_scalar(
        "SELECT EXISTS (
             SELECT 1 FROM versions JOIN prompts ON prompts.id = versions.prompt_id
             WHERE versions.project_id = $1
               AND (versions.digest = $3 OR CAST(versions.dependencies AS TEXT) LIKE '%\"' || $3 || '\"%')
               AND ($2 = '' OR prompts.module = $2
                    OR SUBSTR(prompts.module, 1, LENGTH($2) + 1) = $2 || '/'))",
    )
    .bind(project.as_str())
    .bind(module.as_str())
    .bind(digest.as_str())
    .fetch_one(c)
    .await)?)
}

/// Whether a version that this alias points at has the document or includes it.
pub async fn is_behind_alias(
    tx: &mut ReadTx,
    project: &ProjectId,
    alias: &AliasName,
    digest: &Digest,
) -> Result<bool> {
    Ok(on!(tx, c => sqlx::query_scalar(
        "SELECT EXISTS (
             SELECT 1
             FROM aliases
             JOIN alias_entries ON alias_entries.alias_id = aliases.id
             JOIN versions ON versions.id = alias_entries.version_id
             WHERE aliases.project_id = $1 AND aliases.folded_name = $2 AND aliases.name = $3
               AND (versions.digest = $4 OR CAST(versions.dependencies AS TEXT) LIKE '%\"' || $4 || '\"%'))",
    )
    .bind(project.as_str())
    .bind(alias.folded())
    .bind(alias.as_str())
    .bind(digest.as_str())
    .fetch_one(c)
    .await)?)
}

/// The canonical forms of these documents, as far as they exist.
pub async fn get_all(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    digests: &[Digest],
) -> Result<BTreeMap<Digest, String>> {
    let mut found = BTreeMap::new();
    for chunk in digests.chunks(CHUNK) {
        let rows: Vec<(String, String)> = on!(tx, c => {
            let mut query =
                QueryBuilder::new("SELECT digest, content FROM documents WHERE workspace_id = ");
            query.push_bind(workspace.as_str()).push(" AND digest IN");
            push_list(&mut query, chunk.iter().map(Digest::to_string));
            query.build_query_as().persistent(chunk.len() == 1).fetch_all(c).await
        })?;
        for (digest, content) in rows {
            found.insert(Digest::parse(&digest).map_err(lies("documents", "digest", &digest))?, content);
        }
    }
    Ok(found)
}
