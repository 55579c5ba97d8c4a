//! Where every alias pointed after each of its moves.

use std::collections::BTreeMap;

use promptsync_core::{
    audit::{Actor, Revision},
    ids::{AliasId, ReleaseId},
    names::PromptName,
    splits::Split,
    time::Timestamp,
    versions::VersionNumber,
};
use serde_json::Value;
use sqlx::types::Json;

use crate::{
    aliases::Move,
    conn::{ReadTx, Tx, execute, on},
    entries::Manifest,
    error::{Result, StoreError},
    page::{Page, PageRequest},
    rows::{from_json, lies},
};

/// One move of an alias.
#[derive(Clone, Debug, PartialEq)]
pub struct PastMove {
    /// The revision it made.
    pub revision: Revision,
    /// `set`, `push`, `rollback`, `canary`, `promote` or `abort`.
    pub action: String,
    /// The release the alias stood on afterwards.
    pub release: Option<VersionNumber>,
    /// The same release's id, for a rollback.
    pub release_id: Option<ReleaseId>,
    /// Where the alias pointed afterwards.
    pub entries: Manifest,
    /// How it divided the traffic of its prompts afterwards.
    pub splits: BTreeMap<PromptName, Split>,
    /// Who.
    pub moved_by: Actor,
    /// When.
    pub moved_at: Timestamp,
    /// Why.
    pub reason: Option<String>,
}

#[derive(sqlx::FromRow)]
struct PastMoveRow {
    alias_id: String,
    revision: Revision,
    action: String,
    release: Option<String>,
    release_id: Option<String>,
    entries: Json<Value>,
    splits: Json<Value>,
    moved_by: Json<Value>,
    moved_at: Timestamp,
    reason: Option<String>,
}

/// Writes a move. Called by [`crate::aliases::set`] alone.
pub(crate) async fn insert(
    tx: &mut Tx,
    change: &Move<'_>,
    alias: &AliasId,
    revision: Revision,
) -> Result<()> {
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO alias_history (alias_id, revision, project_id, action, release_id, entries, splits,
                                        moved_by, moved_at, reason)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(alias.as_str())
        .bind(revision)
        .bind(change.project.as_str())
        .bind(change.action)
        .bind(change.release.map(ReleaseId::as_str))
        .bind(Json(change.entries))
        .bind(Json(&change.splits.prompts))
        .bind(Json(change.moved_by))
        .bind(change.moved_at)
        .bind(change.reason)
    )?;
    Ok(())
}

/// The moves of an alias, newest first.
pub async fn list(tx: &mut ReadTx, alias: &AliasId, page: &PageRequest) -> Result<Page<PastMove>> {
    let after = page.after::<Revision>()?.unwrap_or(Revision::MAX);
    let rows: Vec<PastMoveRow> = on!(tx, c => sqlx::query_as(
        "SELECT alias_history.alias_id, alias_history.revision, alias_history.action, alias_history.release_id,
                alias_history.entries, alias_history.splits, alias_history.moved_by, alias_history.moved_at,
                alias_history.reason, releases.version AS release
         FROM alias_history LEFT JOIN releases ON releases.id = alias_history.release_id
         WHERE alias_history.alias_id = $1 AND alias_history.revision < $2
         ORDER BY alias_history.revision DESC
         LIMIT $3",
    )
    .bind(alias.as_str())
    .bind(after)
    .bind(page.rows())
    .fetch_all(c)
    .await)?;
    page.page(rows, |past: &PastMove| past.revision.to_string())
}

/// The move that made this revision.
pub async fn get(tx: &mut ReadTx, alias: &AliasId, revision: Revision) -> Result<Option<PastMove>> {
    Ok(before(tx, alias, revision.saturating_add(1)).await?.filter(|past| past.revision == revision))
}

/// The last move before this revision: where a rollback goes.
pub async fn before(tx: &mut ReadTx, alias: &AliasId, revision: Revision) -> Result<Option<PastMove>> {
    let page = PageRequest { after: Some(revision.to_string()), limit: 1 };
    Ok(list(tx, alias, &page).await?.items.into_iter().next())
}

/// The release an alias stood on after each of its last moves, newest first, without what it pointed at.
pub async fn releases(
    tx: &mut ReadTx,
    alias: &AliasId,
    limit: u32,
) -> Result<Vec<(Revision, Option<VersionNumber>)>> {
    let rows: Vec<(Revision, Option<String>)> = on!(tx, c => sqlx::query_as(
        "SELECT alias_history.revision, releases.version
         FROM alias_history LEFT JOIN releases ON releases.id = alias_history.release_id
         WHERE alias_history.alias_id = $1
         ORDER BY alias_history.revision DESC
         LIMIT $2",
    )
    .bind(alias.as_str())
    .bind(i64::from(limit))
    .fetch_all(c)
    .await)?;
    let read = |(revision, release): (Revision, Option<String>)| {
        let place = format!("{alias} {revision}");
        let parse = |number: String| {
            VersionNumber::parse(&number).map_err(lies("alias_history", "release_id", &place))
        };
        Ok((revision, release.map(parse).transpose()?))
    };
    rows.into_iter().map(read).collect()
}

impl TryFrom<PastMoveRow> for PastMove {
    type Error = StoreError;

    fn try_from(row: PastMoveRow) -> Result<Self> {
        let place = format!("{} {}", row.alias_id, row.revision);
        let release = row
            .release
            .map(|number| VersionNumber::parse(&number).map_err(lies("alias_history", "release_id", &place)))
            .transpose()?;
        Ok(Self {
            release,
            entries: from_json(row.entries.0, "alias_history", "entries", &place)?,
            splits: from_json(row.splits.0, "alias_history", "splits", &place)?,
            moved_by: from_json(row.moved_by.0, "alias_history", "moved_by", &place)?,
            revision: row.revision,
            action: row.action,
            release_id: row.release_id.map(ReleaseId::new),
            moved_at: row.moved_at,
            reason: row.reason,
        })
    }
}
