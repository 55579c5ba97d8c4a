//! Locks: a locked version never changes again in any way. There is no function that takes a lock away.

use std::collections::BTreeMap;

use promptsync_core::{
    audit::Actor,
    ids::{ProjectId, VersionId, WorkspaceId},
    signing::Signature,
    time::Timestamp,
};
use serde_json::Value;
use sqlx::{QueryBuilder, types::Json};

use crate::{
    conn::{ReadTx, Tx, execute, on},
    entries::{self, Manifest},
    error::Result,
    rows::{CHUNK, from_json, push_list},
    version_signatures::signature,
};

/// A lock on a version.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionLock {
    /// Who locked it.
    pub locked_by: Actor,
    /// When.
    pub locked_at: Timestamp,
    /// Why.
    pub reason: Option<String>,
    /// The workspace's signature on that.
    pub signature: Signature,
}

#[derive(sqlx::FromRow)]
struct LockRow {
    version_id: String,
    locked_by: Json<Value>,
    locked_at: Timestamp,
    reason: Option<String>,
    signing_key: String,
    signature: Vec<u8>,
}

/// Locks a version. The unique rule is one lock a version; an archived one is refused.
pub async fn insert(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    version: &VersionId,
    lock: &VersionLock,
) -> Result<()> {
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO version_locks (version_id, workspace_id, locked_by, locked_at, reason, signing_key,
                                        signature)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(version.as_str())
        .bind(workspace.as_str())
        .bind(Json(&lock.locked_by))
        .bind(lock.locked_at)
        .bind(lock.reason.as_deref())
        .bind(lock.signature.key.as_str())
        .bind(&lock.signature.bytes[..])
    )?;
    Ok(())
}

/// The locks on these versions; a version that is not locked is left out.
pub async fn of_versions(
    tx: &mut ReadTx,
    versions: &[VersionId],
) -> Result<BTreeMap<VersionId, VersionLock>> {
    let mut found = BTreeMap::new();
    for chunk in versions.chunks(CHUNK) {
        let rows: Vec<LockRow> = on!(tx, c => {
            let mut query = QueryBuilder::new(
                "SELECT version_id, locked_by, locked_at, reason, signing_key, signature FROM version_locks
                 WHERE version_id IN",
            );
            push_list(&mut query, chunk.iter().map(VersionId::to_string));
            query.build_query_as().persistent(chunk.len() == 1).fetch_all(c).await
        })?;
        for row in rows {
            let id = row.version_id;
            let lock = VersionLock {
                locked_by: from_json(row.locked_by.0, "version_locks", "locked_by", &id)?,
                locked_at: row.locked_at,
                reason: row.reason,
                signature: signature(row.signing_key, row.signature, "version_locks", &id)?,
            };
            found.insert(VersionId::new(id), lock);
        }
    }
    Ok(found)
}

/// Locks of the workspace on versions that are not in it, and of others on those that are.
pub async fn astray(tx: &mut ReadTx, workspace: &WorkspaceId) -> Result<Vec<VersionId>> {
    let rows: Vec<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT version_locks.version_id FROM version_locks
         LEFT JOIN versions ON versions.id = version_locks.version_id
         WHERE (version_locks.workspace_id = $1) <> (COALESCE(versions.workspace_id, '') = $1)
         ORDER BY version_locks.version_id",
    )
    .bind(workspace.as_str())
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(VersionId::new).collect())
}

/// The entries of a manifest that are not locked; one that names no version is none.
pub async fn unlocked(tx: &mut ReadTx, project: &ProjectId, manifest: &Manifest) -> Result<Manifest> {
    let wanted: Vec<_> = manifest.iter().collect();
    let mut left = manifest.clone();
    for chunk in wanted.chunks(CHUNK) {
        let rows: Vec<(String, String)> = on!(tx, c => {
            let mut query = QueryBuilder::new("WITH wanted (folded_name, version) AS (");
            query.push_values(chunk, |mut row, (name, version)| {
                row.push_bind(name.folded()).push_bind(version.to_string());
            });
            query.push(
                ") SELECT prompts.name, versions.version
                 FROM wanted
                 JOIN prompts ON prompts.folded_name = wanted.folded_name AND prompts.project_id = ",
            );
            query.push_bind(project.as_str()).push(
                " JOIN versions ON versions.prompt_id = prompts.id AND versions.version = wanted.version
                 JOIN version_locks ON version_locks.version_id = versions.id",
            );
            query.build_query_as().persistent(chunk.len() == 1).fetch_all(c).await
        })?;
        for (name, version) in entries::manifest(rows, "versions", project.as_str())? {
            if left.get(&name) == Some(&version) {
                left.remove(&name);
            }
        }
    }
    Ok(left)
}
