//! The workspace's signature on each version: written with it, never changed.

use std::collections::BTreeMap;

use promptsync_core::{
    digest::Digest,
    files::Origin,
    ids::{VersionId, WorkspaceId},
    names::PromptName,
    publish::Dependency,
    signing::{Signature, SigningKeyId, VersionRecord, VersionStatement},
    time::Timestamp,
    versions::VersionNumber,
};
use serde_json::Value;
use sqlx::{QueryBuilder, types::Json};

use crate::{
    conn::{ReadTx, Tx, insert, on},
    error::{Result, StoreError},
    rows::{CHUNK, from_json, from_word, lies, push_list},
};

/// A signature on a version, and the part of what was signed that the version's row does not have itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionSignature {
    /// The signature.
    pub signature: Signature,
    /// The digest of what else is recorded about the version, when that was signed.
    pub record: Option<Digest>,
}

#[derive(sqlx::FromRow)]
struct SignatureRow {
    version_id: String,
    signing_key: String,
    signature: Vec<u8>,
    record: Option<String>,
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
    bump: String,
    changelog: Option<String>,
    dependencies: Json<Value>,
    origin: Option<Json<Value>>,
    created_at: Timestamp,
}

/// Keeps signatures. The unique rule is one a version.
pub async fn insert_all(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    signatures: &[(VersionId, VersionSignature)],
) -> Result<()> {
    insert!(
        tx,
        "INSERT INTO version_signatures (version_id, workspace_id, signing_key, signature, record) ",
        signatures,
        |row, (version, signed)| {
            row.push_bind(version.as_str())
                .push_bind(workspace.as_str())
                .push_bind(signed.signature.key.as_str())
                .push_bind(&signed.signature.bytes[..])
                .push_bind(signed.record.as_ref().map(Digest::as_str))
        }
    );
    Ok(())
}

/// The signatures on these versions; a version that has none is left out.
pub async fn of_versions(
    tx: &mut ReadTx,
    versions: &[VersionId],
) -> Result<BTreeMap<VersionId, VersionSignature>> {
    let mut found = BTreeMap::new();
    for chunk in versions.chunks(CHUNK) {
        let rows: Vec<SignatureRow> = on!(tx, c => {
            let mut query = QueryBuilder::new(
                "SELECT version_id, signing_key, signature, record FROM version_signatures WHERE version_id IN",
            );
            push_list(&mut query, chunk.iter().map(VersionId::to_string));
            query.build_query_as().persistent(chunk.len() == 1).fetch_all(c).await
        })?;
        for row in rows {
            let id = row.version_id;
            let record = row.record.map(|text| Digest::parse(&text)).transpose();
            let signed = VersionSignature {
                signature: signature(row.signing_key, row.signature, "version_signatures", &id)?,
                record: record.map_err(lies("version_signatures", "record", &id))?,
            };
            found.insert(VersionId::new(id), signed);
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
                versions.author, versions.git_commit, versions.bump, versions.changelog, versions.dependencies,
                versions.origin, versions.created_at
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

/// Signatures of the workspace on versions that are not in it, and of others on those that are.
pub async fn astray(tx: &mut ReadTx, workspace: &WorkspaceId) -> Result<Vec<VersionId>> {
    let rows: Vec<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT version_signatures.version_id FROM version_signatures
         LEFT JOIN versions ON versions.id = version_signatures.version_id
         WHERE (version_signatures.workspace_id = $1) <> (COALESCE(versions.workspace_id, '') = $1)
         ORDER BY version_signatures.version_id",
    )
    .bind(workspace.as_str())
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(VersionId::new).collect())
}

/// A signature from its two columns.
pub(crate) fn signature(key: String, bytes: Vec<u8>, table: &'static str, row: &str) -> Result<Signature> {
    let bytes = bytes.try_into().map_err(lies(table, "signature", row))?;
    Ok(Signature { key: SigningKeyId::new(key), bytes })
}

impl MissingRow {
    fn statement(self, workspace: &WorkspaceId) -> Result<(VersionId, VersionStatement), StoreError> {
        let id = self.id;
        let dependencies: BTreeMap<PromptName, Dependency> =
            from_json(self.dependencies.0, "versions", "dependencies", &id)?;
        let origin: Option<Origin> =
            self.origin.map(|json| from_json(json.0, "versions", "origin", &id)).transpose()?;
        let record = VersionRecord {
            bump: from_word(self.bump, "versions", "bump", &id)?,
            changelog: self.changelog.as_deref(),
            dependencies: &dependencies,
            origin: origin.as_ref(),
        };
        let statement = VersionStatement {
            workspace: workspace.to_string(),
            project: self.project,
            prompt: PromptName::parse(&self.prompt).map_err(lies("prompts", "name", &id))?,
            version: VersionNumber::parse(&self.version).map_err(lies("versions", "version", &id))?,
            digest: Digest::parse(&self.digest).map_err(lies("versions", "digest", &id))?,
            author: from_json(self.author.0, "versions", "author", &id)?,
            created_at: self.created_at,
            git_commit: self.git_commit,
            record: Some(record.digest()),
        };
        Ok((VersionId::new(id), statement))
    }
}
