//! Documents: content by digest, kept once a workspace, sealed.
//!
//! A row without a sealed value is older than sealing: its content stands in clear until [`seal_clear`] seals it.

use std::collections::{BTreeMap, BTreeSet};

use promptsync_core::{
    digest::Digest,
    ids::{ProjectId, WorkspaceId},
    names::{AliasName, ModulePath},
    seal::Place,
    time::Timestamp,
};
use sqlx::QueryBuilder;

use crate::{
    conn::{ReadTx, Tx, execute, insert, on},
    error::{Result, StoreError},
    rows::{CHUNK, lies, push_list},
};

const TABLE: &str = "documents";
const COLUMN: &str = "sealed";

/// Content in canonical form, with its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentText<'a> {
    /// The digest of `canonical`.
    pub digest: &'a Digest,
    /// The canonical JSON.
    pub canonical: &'a str,
}

#[derive(sqlx::FromRow)]
struct DocumentRow {
    digest: String,
    content: String,
    sealed: Option<Vec<u8>>,
}

/// Keeps documents; those that exist are left alone.
pub async fn insert_all(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    documents: &[DocumentText<'_>],
    now: Timestamp,
) -> Result<()> {
    let sealer = tx.sealer(workspace).await?;
    insert!(
        tx,
        "INSERT INTO documents (workspace_id, digest, content, sealed, bytes, created_at) ",
        documents,
        |row, document| {
            let digest = document.digest.as_str();
            row.push_bind(workspace.as_str())
                .push_bind(digest)
                .push_bind("")
                .push_bind(sealer.seal(TABLE, COLUMN, digest, document.canonical.as_bytes()))
                .push_bind(i64::try_from(document.canonical.len()).unwrap_or(i64::MAX))
                .push_bind(now)
        },
        " ON CONFLICT (workspace_id, digest) DO NOTHING"
    );
    Ok(())
}

/// The canonical form of a document of the workspace.
pub async fn get(tx: &mut ReadTx, workspace: &WorkspaceId, digest: &Digest) -> Result<Option<String>> {
    let row: Option<DocumentRow> = on!(tx, c => sqlx::query_as(
        "SELECT digest, content, sealed FROM documents WHERE workspace_id = $1 AND digest = $2",
    )
    .bind(workspace.as_str())
    .bind(digest.as_str())
    .fetch_optional(c)
    .await)?;
    open(tx, workspace, row).await
}

/// The canonical form of a document that a version of this project has.
pub async fn get_in_project(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    project: &ProjectId,
    digest: &Digest,
) -> Result<Option<String>> {
    let row: Option<DocumentRow> = on!(tx, c => sqlx::query_as(
        "SELECT documents.digest, documents.content, documents.sealed FROM documents
         WHERE documents.workspace_id = $1 AND documents.digest = $3 AND EXISTS (
             SELECT 1 FROM versions WHERE versions.project_id = $2 AND versions.digest = $3)",
    )
    .bind(workspace.as_str())
    .bind(project.as_str())
    .bind(digest.as_str())
    .fetch_optional(c)
    .await)?;
    open(tx, workspace, row).await
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

/// Those of these documents that a version of this project has.
pub async fn which_in_project(
    tx: &mut ReadTx,
    project: &ProjectId,
    digests: &[Digest],
) -> Result<BTreeSet<Digest>> {
    let mut found = BTreeSet::new();
    for chunk in digests.chunks(CHUNK) {
        let rows: Vec<String> = on!(tx, c => {
            let mut query = QueryBuilder::new("SELECT DISTINCT digest FROM versions WHERE project_id = ");
            query.push_bind(project.as_str()).push(" AND digest IN");
            push_list(&mut query, chunk.iter().map(Digest::to_string));
            query.build_query_scalar().persistent(chunk.len() == 1).fetch_all(c).await
        })?;
        for row in rows {
            found.insert(Digest::parse(&row).map_err(lies("versions", "digest", &row))?);
        }
    }
    Ok(found)
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
        let rows: Vec<DocumentRow> = on!(tx, c => {
            let mut query =
                QueryBuilder::new("SELECT digest, content, sealed FROM documents WHERE workspace_id = ");
            query.push_bind(workspace.as_str()).push(" AND digest IN");
            push_list(&mut query, chunk.iter().map(Digest::to_string));
            query.build_query_as().persistent(chunk.len() == 1).fetch_all(c).await
        })?;
        for row in rows {
            let digest = Digest::parse(&row.digest).map_err(lies(TABLE, "digest", &row.digest))?;
            found.extend(open(tx, workspace, Some(row)).await?.map(|content| (digest, content)));
        }
    }
    Ok(found)
}

/// What the workspace's documents are kept under, in order: as it stands there, whether a digest or not.
pub async fn digests(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    after: &str,
    limit: u32,
) -> Result<Vec<String>> {
    Ok(on!(tx, c => sqlx::query_scalar(
        "SELECT digest FROM documents WHERE workspace_id = $1 AND digest > $2 ORDER BY digest LIMIT $3",
    )
    .bind(workspace.as_str())
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(c)
    .await)?)
}

/// Seals documents that still stand in clear; says how many of at most `limit`.
pub async fn seal_clear(tx: &mut Tx, workspace: &WorkspaceId, limit: u32) -> Result<usize> {
    let rows: Vec<DocumentRow> = on!(tx, c => sqlx::query_as(
        "SELECT digest, content, sealed FROM documents WHERE workspace_id = $1 AND sealed IS NULL LIMIT $2",
    )
    .bind(workspace.as_str())
    .bind(i64::from(limit))
    .fetch_all(c)
    .await)?;
    let sealer = tx.sealer(workspace).await?;
    for row in &rows {
        execute!(
            tx,
            sqlx::query(
                "UPDATE documents SET sealed = $3, content = ''
                 WHERE workspace_id = $1 AND digest = $2 AND sealed IS NULL",
            )
            .bind(workspace.as_str())
            .bind(&row.digest)
            .bind(sealer.seal(TABLE, COLUMN, &row.digest, row.content.as_bytes()))
        )?;
    }
    Ok(rows.len())
}

async fn open(tx: &mut ReadTx, workspace: &WorkspaceId, row: Option<DocumentRow>) -> Result<Option<String>> {
    let Some(row) = row else { return Ok(None) };
    let Some(sealed) = row.sealed else { return Ok(Some(row.content)) };
    if !row.content.is_empty() {
        return Err(StoreError::Corrupt { table: TABLE, column: "content", row: row.digest });
    }
    let place = Place { workspace: workspace.as_str(), table: TABLE, column: COLUMN, row: &row.digest };
    let content = tx.open(&place, &sealed).await?;
    String::from_utf8(content).map(Some).map_err(lies(TABLE, COLUMN, &row.digest))
}
