//! The audit log: one entry a change, chained; also the change feed every watcher follows.

use promptsync_core::{
    audit::{AuditEntry, ChainedEntry, Revision},
    digest::Digest,
    ids::WorkspaceId,
    time::Timestamp,
};
use serde_json::Value;
use sqlx::types::Json;

use crate::{
    conn::{ReadTx, Tx, insert, later, on},
    error::{Result, StoreError},
    rows::{from_json, lies},
};

/// The end of a workspace's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The newest entry's number; 0 when there is none.
    pub revision: Revision,
    /// Its hash.
    pub hash: Digest,
}

#[derive(sqlx::FromRow)]
struct AuditRow {
    revision: Revision,
    parent: String,
    hash: String,
    action: String,
    actor: Json<Value>,
    address: Option<String>,
    on_behalf_of: Option<Json<Value>>,
    project: Option<String>,
    target: String,
    before: Option<String>,
    after: Option<String>,
    reason: Option<String>,
    request_id: Option<String>,
    details: Json<Value>,
    at: Timestamp,
}

/// Writes an entry and makes it the end of the chain. Called by [`Tx::commit`] alone.
pub(crate) async fn insert(tx: &mut Tx, workspace: &WorkspaceId, chained: &ChainedEntry) -> Result<()> {
    let entry = &chained.entry;
    insert!(
        tx,
        "INSERT INTO audit_log (workspace_id, revision, parent, hash, action, actor, project, target, before, after,
                                reason, request_id, details, at, address, on_behalf_of) ",
        std::slice::from_ref(entry),
        |row, entry| {
            row.push_bind(workspace.as_str())
                .push_bind(chained.revision)
                .push_bind(chained.parent.as_str())
                .push_bind(chained.hash.as_str())
                .push_bind(&entry.action)
                .push_bind(Json(&entry.actor))
                .push_bind(entry.project.as_deref())
                .push_bind(&entry.target)
                .push_bind(entry.before.as_ref().map(Digest::as_str))
                .push_bind(entry.after.as_ref().map(Digest::as_str))
                .push_bind(entry.reason.as_deref())
                .push_bind(entry.request_id.as_deref())
                .push_bind(Json(&entry.details))
                .push_bind(entry.at)
                .push_bind(entry.address.as_deref())
                .push_bind(entry.on_behalf_of.as_ref().map(Json))
        }
    );
    later!(tx, query => {
        query.push("UPDATE audit_heads SET hash = ").push_bind(chained.hash.as_str());
        query.push(" WHERE workspace_id = ").push_bind(workspace.as_str());
    })
}

/// The end of the workspace's chain.
pub async fn head(tx: &mut ReadTx, workspace: &WorkspaceId) -> Result<Head> {
    let head: Option<(Revision, String)> = on!(tx, c => sqlx::query_as(
        "SELECT revision, hash FROM audit_heads WHERE workspace_id = $1",
    )
    .bind(workspace.as_str())
    .fetch_optional(c)
    .await)?;
    let (revision, hash) = head.ok_or(StoreError::NotFound { what: "workspace" })?;
    let hash = Digest::parse(&hash).map_err(lies("audit_heads", "hash", workspace.as_str()))?;
    Ok(Head { revision, hash })
}

/// The end of every workspace's chain: how far each has come.
pub async fn heads(tx: &mut ReadTx) -> Result<Vec<(WorkspaceId, Revision)>> {
    let rows: Vec<(String, Revision)> = on!(tx, c => sqlx::query_as(
        "SELECT workspace_id, revision FROM audit_heads",
    )
    .fetch_all(c)
    .await)?;
    Ok(rows.into_iter().map(|(workspace, revision)| (WorkspaceId::new(workspace), revision)).collect())
}

/// The entries after a revision, oldest first: a watcher's next ones, and a page of an export.
pub async fn since(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    after: Revision,
    limit: u32,
) -> Result<Vec<ChainedEntry>> {
    let rows: Vec<AuditRow> = on!(tx, c => sqlx::query_as(
        "SELECT revision, parent, hash, action, actor, project, target, before, after, reason, request_id,
                details, at, address, on_behalf_of
         FROM audit_log
         WHERE workspace_id = $1 AND revision > $2
         ORDER BY revision
         LIMIT $3",
    )
    .bind(workspace.as_str())
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(ChainedEntry::try_from).collect()
}

/// The entries before a revision, or the newest ones; newest first.
pub async fn before(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    revision: Option<Revision>,
    limit: u32,
) -> Result<Vec<ChainedEntry>> {
    let rows: Vec<AuditRow> = on!(tx, c => sqlx::query_as(
        "SELECT revision, parent, hash, action, actor, project, target, before, after, reason, request_id,
                details, at, address, on_behalf_of
         FROM audit_log
         WHERE workspace_id = $1 AND revision < $2
         ORDER BY revision DESC
         LIMIT $3",
    )
    .bind(workspace.as_str())
    .bind(revision.unwrap_or(Revision::MAX))
    .bind(i64::from(limit))
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(ChainedEntry::try_from).collect()
}

/// Project and target of every entry with this action, oldest first.
pub async fn targets(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    action: &str,
) -> Result<Vec<(Option<String>, String)>> {
    Ok(on!(tx, c => sqlx::query_as(
        "SELECT project, target FROM audit_log WHERE workspace_id = $1 AND action = $2 ORDER BY revision",
    )
    .bind(workspace.as_str())
    .bind(action)
    .fetch_all(c)
    .await)?)
}

/// The hash of an entry as it stands in the log.
pub async fn hash_at(tx: &mut ReadTx, workspace: &WorkspaceId, revision: Revision) -> Result<Option<Digest>> {
    let hash: Option<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT hash FROM audit_log WHERE workspace_id = $1 AND revision = $2",
    )
    .bind(workspace.as_str())
    .bind(revision)
    .fetch_optional(c)
    .await)?;
    hash.map(|hash| Digest::parse(&hash).map_err(lies("audit_log", "hash", &revision.to_string())))
        .transpose()
}

/// The entries after a revision as far as they can be read, oldest first: a row that cannot be is named, and keeps no
/// other from being read.
pub async fn readable_since(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    after: Revision,
    limit: u32,
) -> Result<Vec<(Revision, Result<ChainedEntry>)>> {
    let refused = match since(tx, workspace, after, limit).await {
        Ok(entries) => return Ok(entries.into_iter().map(|entry| (entry.revision, Ok(entry))).collect()),
        Err(refused) => refused,
    };
    let mut found = Vec::new();
    for revision in after + 1..=after + Revision::from(limit) {
        match since(tx, workspace, revision - 1, 1).await {
            Ok(entries) => found.extend(
                entries
                    .into_iter()
                    .filter(|entry| entry.revision == revision)
                    .map(|entry| (revision, Ok(entry))),
            ),
            Err(unreadable) => {
                found.push((revision, Err(unreadable)));
                return Ok(found);
            }
        }
    }
    Err(refused)
}

impl TryFrom<AuditRow> for ChainedEntry {
    type Error = StoreError;

    fn try_from(row: AuditRow) -> Result<Self> {
        let place = row.revision.to_string();
        let digest = |text: Option<String>, column| {
            text.map(|text| Digest::parse(&text).map_err(lies("audit_log", column, &place))).transpose()
        };
        Ok(Self {
            revision: row.revision,
            parent: Digest::parse(&row.parent).map_err(lies("audit_log", "parent", &place))?,
            hash: Digest::parse(&row.hash).map_err(lies("audit_log", "hash", &place))?,
            entry: AuditEntry {
                action: row.action,
                actor: from_json(row.actor.0, "audit_log", "actor", &place)?,
                address: row.address,
                on_behalf_of: row
                    .on_behalf_of
                    .map(|json| from_json(json.0, "audit_log", "on_behalf_of", &place))
                    .transpose()?,
                project: row.project,
                target: row.target,
                before: digest(row.before, "before")?,
                after: digest(row.after, "after")?,
                reason: row.reason,
                request_id: row.request_id,
                details: from_json(row.details.0, "audit_log", "details", &place)?,
                at: row.at,
            },
        })
    }
}
