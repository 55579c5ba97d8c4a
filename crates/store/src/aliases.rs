//! Aliases: names that point each prompt of a project at a version. An alias is a map; a move replaces it.

use std::collections::BTreeMap;

use promptsync_core::{
    audit::{Actor, Revision},
    ids::{AliasId, ProjectId, PromptId, ReleaseId, WorkspaceId},
    names::AliasName,
    splits::AliasSplits,
    time::Timestamp,
    versions::VersionNumber,
};
use serde_json::Value;
use sqlx::{QueryBuilder, types::Json};

use crate::{
    alias_history, alias_splits,
    conn::{ReadTx, Tx, execute, insert, on},
    entries::{self, Manifest},
    error::{OnUnique as _, Result, StoreError},
    rows::{CHUNK, from_json, lies, push_list},
};

pub use alias_splits::of_alias as splits;

/// An alias, without its entries and splits.
#[derive(Clone, Debug, PartialEq)]
pub struct Alias {
    /// Its id.
    pub id: AliasId,
    /// Its project.
    pub project: ProjectId,
    /// Its name.
    pub name: AliasName,
    /// The workspace's revision that moved it last.
    pub revision: Revision,
    /// The release it stands on, when the last move was project-wide and nothing was moved alone since.
    pub release: Option<VersionNumber>,
    /// Who moved it last.
    pub moved_by: Actor,
    /// When.
    pub moved_at: Timestamp,
    /// Why.
    pub reason: Option<String>,
}

/// What the caller knows of the alias it moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Nothing: move it wherever it is, create it when it is new.
    Anything,
    /// That it does not exist.
    Absent,
    /// That it is at this revision.
    Revision(Revision),
}

/// A move of an alias.
#[derive(Clone, Debug)]
pub struct Move<'a> {
    /// The workspace, whose revision the move takes.
    pub workspace: &'a WorkspaceId,
    /// The project.
    pub project: &'a ProjectId,
    /// The alias.
    pub name: &'a AliasName,
    /// The id it gets when it is new.
    pub new_id: &'a AliasId,
    /// What the caller knows of it.
    pub expected: Expected,
    /// Where every prompt points afterwards.
    pub entries: &'a Manifest,
    /// The release it stands on afterwards.
    pub release: Option<&'a ReleaseId>,
    /// How it divides its traffic afterwards: of prompts that are among the entries, between versions that exist.
    pub splits: &'a AliasSplits,
    /// `set`, `push`, `rollback`, `canary`, `promote` or `abort`.
    pub action: &'a str,
    /// Who.
    pub moved_by: &'a Actor,
    /// When.
    pub moved_at: Timestamp,
    /// Why.
    pub reason: Option<&'a str>,
}

/// A move that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The alias's revision now.
    pub revision: Revision,
    /// Whether it was created.
    pub created: bool,
}

#[derive(sqlx::FromRow)]
struct AliasRow {
    id: String,
    project_id: String,
    name: String,
    revision: Revision,
    release: Option<String>,
    moved_by: Json<Value>,
    moved_at: Timestamp,
    reason: Option<String>,
}

/// Moves an alias by compare-and-swap, and writes the move into its history.
///
/// Answers [`StoreError::Stale`] when the alias is not what the caller expected.
pub async fn set(tx: &mut Tx, change: &Move<'_>) -> Result<Moved> {
    let revision = tx.revision(change.workspace).await?;
    let existing = by_name(tx, change.project, change.name).await?;
    let current = existing.as_ref().map(|alias| alias.revision);
    let id = existing.as_ref().map_or_else(|| change.new_id.clone(), |alias| alias.id.clone());
    let stale = || StoreError::Stale { current };
    match (change.expected, current) {
        (Expected::Anything, _) | (Expected::Absent, None) => {}
        (Expected::Revision(expected), Some(current)) if expected == current => {}
        _ => return Err(stale()),
    }
    match current {
        None => create(tx, change, &id, revision).await.on_unique(stale)?,
        Some(current) => advance(tx, change, &id, current, revision).await?,
    }
    replace_entries(tx, change.project, &id, change.entries).await?;
    alias_splits::replace(tx, change, &id).await?;
    alias_history::insert(tx, change, &id, revision).await?;
    Ok(Moved { revision, created: current.is_none() })
}

/// The alias of that name, spelt exactly so.
pub async fn by_name(tx: &mut ReadTx, project: &ProjectId, name: &AliasName) -> Result<Option<Alias>> {
    let row: Option<AliasRow> = on!(tx, c => sqlx::query_as(
        "SELECT aliases.id, aliases.project_id, aliases.name, aliases.revision, releases.version AS release,
                aliases.moved_by, aliases.moved_at, aliases.reason
         FROM aliases LEFT JOIN releases ON releases.id = aliases.release_id
         WHERE aliases.project_id = $1 AND aliases.folded_name = $2 AND aliases.name = $3",
    )
    .bind(project.as_str())
    .bind(name.folded())
    .bind(name.as_str())
    .fetch_optional(c)
    .await)?;
    row.map(Alias::try_from).transpose()
}

/// The project's aliases by name. They are few: no pages.
pub async fn list(tx: &mut ReadTx, project: &ProjectId) -> Result<Vec<Alias>> {
    let rows: Vec<AliasRow> = on!(tx, c => sqlx::query_as(
        "SELECT aliases.id, aliases.project_id, aliases.name, aliases.revision, releases.version AS release,
                aliases.moved_by, aliases.moved_at, aliases.reason
         FROM aliases LEFT JOIN releases ON releases.id = aliases.release_id
         WHERE aliases.project_id = $1
         ORDER BY aliases.folded_name",
    )
    .bind(project.as_str())
    .fetch_all(c)
    .await)?;
    rows.into_iter().map(Alias::try_from).collect()
}

/// Where an alias points.
pub async fn entries(tx: &mut ReadTx, alias: &AliasId) -> Result<Manifest> {
    let list: Option<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT string_agg(prompts.name || ' ' || versions.version, ',')
         FROM alias_entries
         JOIN prompts ON prompts.id = alias_entries.prompt_id
         JOIN versions ON versions.id = alias_entries.version_id
         WHERE alias_entries.alias_id = $1",
    )
    .bind(alias.as_str())
    .fetch_one(c)
    .await)?;
    entries::of_list(list, "alias_entries", alias.as_str())
}

/// The aliases that point at these prompts, and at which version of each.
pub async fn of_prompts(
    tx: &mut ReadTx,
    prompts: &[PromptId],
) -> Result<BTreeMap<PromptId, BTreeMap<AliasName, VersionNumber>>> {
    let mut found: BTreeMap<PromptId, BTreeMap<AliasName, VersionNumber>> = BTreeMap::new();
    for chunk in prompts.chunks(CHUNK) {
        let rows: Vec<(String, String, String)> = on!(tx, c => {
            let mut query = QueryBuilder::new(
                "SELECT alias_entries.prompt_id, aliases.name, versions.version
                 FROM alias_entries
                 JOIN aliases ON aliases.id = alias_entries.alias_id
                 JOIN versions ON versions.id = alias_entries.version_id
                 WHERE alias_entries.prompt_id IN",
            );
            push_list(&mut query, chunk.iter().map(PromptId::to_string));
            query.build_query_as().persistent(chunk.len() == 1).fetch_all(c).await
        })?;
        for (prompt, name, version) in rows {
            let name = AliasName::parse(&name).map_err(lies("aliases", "name", &prompt))?;
            let version = VersionNumber::parse(&version).map_err(lies("versions", "version", &prompt))?;
            found.entry(PromptId::new(prompt)).or_default().insert(name, version);
        }
    }
    Ok(found)
}

async fn create(tx: &mut Tx, change: &Move<'_>, id: &AliasId, revision: Revision) -> Result<()> {
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO aliases (id, project_id, name, folded_name, revision, release_id, moved_by, moved_at,
                                  reason, release_split)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(id.as_str())
        .bind(change.project.as_str())
        .bind(change.name.as_str())
        .bind(change.name.folded())
        .bind(revision)
        .bind(change.release.map(ReleaseId::as_str))
        .bind(Json(change.moved_by))
        .bind(change.moved_at)
        .bind(change.reason)
        .bind(change.splits.release.as_ref().map(Json))
    )?;
    Ok(())
}

async fn advance(
    tx: &mut Tx,
    change: &Move<'_>,
    id: &AliasId,
    current: Revision,
    revision: Revision,
) -> Result<()> {
    let moved = execute!(
        tx,
        sqlx::query(
            "UPDATE aliases SET revision = $3, release_id = $4, moved_by = $5, moved_at = $6, reason = $7,
                                release_split = $8
             WHERE id = $1 AND revision = $2",
        )
        .bind(id.as_str())
        .bind(current)
        .bind(revision)
        .bind(change.release.map(ReleaseId::as_str))
        .bind(Json(change.moved_by))
        .bind(change.moved_at)
        .bind(change.reason)
        .bind(change.splits.release.as_ref().map(Json))
    )?;
    if moved == 1 { Ok(()) } else { Err(StoreError::Stale { current: Some(current) }) }
}

/// Writes only what differs: moving one prompt of ten thousand writes one row.
async fn replace_entries(tx: &mut Tx, project: &ProjectId, alias: &AliasId, wanted: &Manifest) -> Result<()> {
    let before = entries(tx, alias).await?;
    let gone: Vec<_> = before.keys().filter(|name| !wanted.contains_key(*name)).collect();
    for chunk in gone.chunks(CHUNK) {
        on!(tx, c => {
            let mut query = QueryBuilder::new("DELETE FROM alias_entries WHERE alias_id = ");
            query
                .push_bind(alias.as_str())
                .push(" AND prompt_id IN (SELECT prompts.id FROM prompts WHERE prompts.project_id = ")
                .push_bind(project.as_str())
                .push(" AND prompts.folded_name IN");
            push_list(&mut query, chunk.iter().map(|name| name.folded()));
            query.push(")").build().persistent(chunk.len() == 1).execute(c).await.map(drop)
        })?;
    }
    let changed: Vec<_> =
        wanted.iter().filter(|(name, version)| before.get(*name) != Some(*version)).collect();
    let found = entries::ids(tx, project, &changed).await?;
    insert!(
        tx,
        "INSERT INTO alias_entries (alias_id, prompt_id, version_id) ",
        found.as_slice(),
        |row, entry| {
            row.push_bind(alias.as_str()).push_bind(entry.prompt.as_str()).push_bind(entry.version.as_str())
        },
        " ON CONFLICT (alias_id, prompt_id) DO UPDATE SET version_id = excluded.version_id"
    );
    Ok(())
}

impl TryFrom<AliasRow> for Alias {
    type Error = StoreError;

    fn try_from(row: AliasRow) -> Result<Self> {
        let id = row.id;
        let release = row
            .release
            .map(|number| VersionNumber::parse(&number).map_err(lies("aliases", "release_id", &id)))
            .transpose()?;
        Ok(Self {
            name: AliasName::parse(&row.name).map_err(lies("aliases", "name", &id))?,
            moved_by: from_json(row.moved_by.0, "aliases", "moved_by", &id)?,
            release,
            id: AliasId::new(id),
            project: ProjectId::new(row.project_id),
            revision: row.revision,
            moved_at: row.moved_at,
            reason: row.reason,
        })
    }
}
