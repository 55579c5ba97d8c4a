//! Documents: content by digest, kept once a workspace.

use std::collections::BTreeMap;

use promptsync_core::{
    digest::Digest,
    ids::{ProjectId, WorkspaceId},
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
