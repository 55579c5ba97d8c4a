//! The workspace's signature on each version: written with it, never changed.

use std::collections::BTreeMap;

use promptsync_core::{
    digest::Digest,
    ids::{VersionId, WorkspaceId},
    names::PromptName,
    signing::{Signature, SigningKeyId, VersionStatement},
    time::Timestamp,
    versions::VersionNumber,
};
use serde_json::Value;
use sqlx::{QueryBuilder, types::Json};

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::{Result, StoreError},
    rows::{CHUNK, from_json, lies, push_list},
};

#[derive(sqlx::FromRow)]
struct SignatureRow {
    version_id: String,
    signing_key: String,
    signature: Vec<u8>,
}

/// What is to be signed about a version that was published before there were signatures.
#[derive(sqlx::FromRow)]
struct MissingRow {
    id: String,
    project: String,
    prompt: String,
    version: String,
    digest: String,
    author: Json<Value>,
    git_commit: Option<String>,
    created_at: Timestamp,
}

/// Keeps signatures. The unique rule is one a version.
pub async fn insert_all(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    signatures: &[(VersionId, Signature)],
) -> Result<()> {
    for chunk in signatures.chunks(CHUNK) {
        execute!(
            tx,
            QueryBuilder::new(
                "INSERT INTO version_signatures (version_id, workspace_id, signing_key, signature) ",
            )
            .push_values(chunk, |mut row, (version, signature)| {
                row.push_bind(version.as_str())
                    .push_bind(workspace.as_str())
                    .push_bind(signature.key.as_str())
                    .push_bind(&signature.bytes[..]);
            })
            .build()
            .persistent(chunk.len() == 1)
        )?;
    }
    Ok(())
}

/// The signatures on these versions; a version that has none is left out.
pub async fn of_versions(tx: &mut ReadTx, versions: &[VersionId]) -> Result<BTreeMap<VersionId, Signature>> {
    let mut found = BTreeMap::new();
    for chunk in versions.chunks(CHUNK) {
        let rows: Vec<SignatureRow> = on!(tx, c => {
            let mut query = QueryBuilder::new(
                "SELECT version_id, signing_key, signature FROM version_signatures WHERE version_id IN",
            );
            push_list(&mut query, chunk.iter().map(VersionId::to_string));
            query.build_query_as().persistent(chunk.len() == 1).fetch_all(c).await
        })?;
        for row in rows {
            let signature = signature(row.signing_key, row.signature, "version_signatures", &row.version_id)?;
            found.insert(VersionId::new(row.version_id), signature);
        }
    }
    Ok(found)
}

/// What is to be signed about versions that were published until this moment without a signature; at most `limit`.
pub async fn missing(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<(VersionId, VersionStatement)>> {
    let rows: Vec<MissingRow> = on!(tx, c => sqlx::query_as(
        "SELECT versions.id, projects.name AS project, prompts.name AS prompt, versions.version, versions.digest,
                versions.author, versions.git_commit, versions.created_at
         FROM versions
         JOIN projects ON projects.id = versions.project_id
         JOIN prompts ON prompts.id = versions.prompt_id
         LEFT JOIN version_signatures ON version_signatures.version_id = versions.id
         WHERE versions.workspace_id = $1 AND versions.created_at <= $2
             AND version_signatures.version_id IS NULL
         ORDER BY versions.id
         LIMIT $3",
    )
    .bind(workspace.as_str())
    .bind(until)
    .bind(i64::from(limit))
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(|row| row.statement(workspace)).collect()
}

/// A signature from its two columns.
pub(crate) fn signature(key: String, bytes: Vec<u8>, table: &'static str, row: &str) -> Result<Signature> {
    let bytes = bytes.try_into().map_err(lies(table, "signature", row))?;
    Ok(Signature { key: SigningKeyId::new(key), bytes })
}

impl MissingRow {
    fn statement(self, workspace: &WorkspaceId) -> Result<(VersionId, VersionStatement), StoreError> {
        let id = self.id;
        let statement = VersionStatement {
            workspace: workspace.to_string(),
            project: self.project,
            prompt: PromptName::parse(&self.prompt).map_err(lies("prompts", "name", &id))?,
            version: VersionNumber::parse(&self.version).map_err(lies("versions", "version", &id))?,
            digest: Digest::parse(&self.digest).map_err(lies("versions", "digest", &id))?,
            author: from_json(self.author.0, "versions", "author", &id)?,
            created_at: self.created_at,
            git_commit: self.git_commit,
        };
        Ok((VersionId::new(id), statement))
    }
}
