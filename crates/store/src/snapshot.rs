//! What the resolver needs, for a project or for one prompt of it, now or at a moment in the past.

use std::collections::BTreeMap;

use promptsync_core::{
    digest::Digest,
    ids::{AliasId, ProjectId},
    names::{AliasName, PromptName},
    resolve::{Snapshot, VersionFacts},
    signing::SnapshotEntry,
    time::Timestamp,
    versions::VersionNumber,
};

use crate::{
    conn::{ReadTx, on},
    error::{Result, StoreError},
    rows::lies,
};

#[derive(sqlx::FromRow)]
struct FactsRow {
    name: String,
    version: String,
    digest: String,
    git_commit: Option<String>,
    archived: bool,
}

/// A row of an alias's entries; an alias without any has one row without prompt.
#[derive(sqlx::FromRow)]
struct EntryRow {
    alias: String,
    prompt: Option<String>,
    version: Option<String>,
}

/// Everything about a project.
pub async fn load(tx: &mut ReadTx, project: &ProjectId) -> Result<Snapshot> {
    let versions: Vec<FactsRow> = on!(tx, c => sqlx::query_as(
        "SELECT prompts.name, versions.version, versions.digest, versions.git_commit,
                version_states.version_id IS NOT NULL AS archived
         FROM prompts
         JOIN versions ON versions.prompt_id = prompts.id
         LEFT JOIN version_states ON version_states.version_id = versions.id
         WHERE prompts.project_id = $1
         ORDER BY versions.prompt_id, versions.sort_key",
    )
    .bind(project.as_str())
    .fetch_all(c)
    .await)?;
    let entries: Vec<EntryRow> = on!(tx, c => sqlx::query_as(
        "SELECT aliases.name AS alias, prompts.name AS prompt, versions.version
         FROM aliases
         LEFT JOIN alias_entries ON alias_entries.alias_id = aliases.id
         LEFT JOIN prompts ON prompts.id = alias_entries.prompt_id
         LEFT JOIN versions ON versions.id = alias_entries.version_id
         WHERE aliases.project_id = $1",
    )
    .bind(project.as_str())
    .fetch_all(c)
    .await)?;
    snapshot(versions, entries)
}

/// One prompt of a project, and the names of all its aliases.
pub async fn load_prompt(tx: &mut ReadTx, project: &ProjectId, prompt: &PromptName) -> Result<Snapshot> {
    let versions: Vec<FactsRow> = on!(tx, c => sqlx::query_as(
        "SELECT prompts.name, versions.version, versions.digest, versions.git_commit,
                version_states.version_id IS NOT NULL AS archived
         FROM prompts
         JOIN versions ON versions.prompt_id = prompts.id
         LEFT JOIN version_states ON version_states.version_id = versions.id
         WHERE prompts.project_id = $1 AND prompts.folded_name = $2 AND prompts.name = $3
         ORDER BY versions.sort_key",
    )
    .bind(project.as_str())
    .bind(prompt.folded())
    .bind(prompt.as_str())
    .fetch_all(c)
    .await)?;
    let entries: Vec<EntryRow> = on!(tx, c => sqlx::query_as(
        "SELECT aliases.name AS alias, prompts.name AS prompt, versions.version
         FROM aliases
         LEFT JOIN prompts ON prompts.project_id = aliases.project_id
             AND prompts.folded_name = $2 AND prompts.name = $3
         LEFT JOIN alias_entries ON alias_entries.alias_id = aliases.id
             AND alias_entries.prompt_id = prompts.id
         LEFT JOIN versions ON versions.id = alias_entries.version_id
         WHERE aliases.project_id = $1",
    )
    .bind(project.as_str())
    .bind(prompt.folded())
    .bind(prompt.as_str())
    .fetch_all(c)
    .await)?;
    snapshot(versions, entries)
}

/// One prompt of a project as it was at a moment: the versions there were, and where every alias that existed
/// pointed. Of the moves made until then the one with the highest revision counts, whatever the clocks said.
pub async fn load_prompt_at(
    tx: &mut ReadTx,
    project: &ProjectId,
    prompt: &PromptName,
    moment: Timestamp,
) -> Result<Snapshot> {
    let versions: Vec<FactsRow> = on!(tx, c => sqlx::query_as(
        "SELECT prompts.name, versions.version, versions.digest, versions.git_commit,
                version_states.version_id IS NOT NULL AS archived
         FROM prompts
         JOIN versions ON versions.prompt_id = prompts.id
         LEFT JOIN version_states ON version_states.version_id = versions.id
             AND version_states.archived_at <= $4
         WHERE prompts.project_id = $1 AND prompts.folded_name = $2 AND prompts.name = $3
             AND versions.created_at <= $4
         ORDER BY versions.sort_key",
    )
    .bind(project.as_str())
    .bind(prompt.folded())
    .bind(prompt.as_str())
    .bind(moment)
    .fetch_all(c)
    .await)?;
    let entries: Vec<EntryRow> = on!(tx, c => sqlx::query_as(
        "SELECT aliases.name AS alias, CAST($2 AS TEXT) AS prompt, alias_history.entries ->> $2 AS version
         FROM aliases
         JOIN alias_history ON alias_history.alias_id = aliases.id
         WHERE aliases.project_id = $1 AND alias_history.revision = (
             SELECT MAX(earlier.revision) FROM alias_history AS earlier
             WHERE earlier.alias_id = aliases.id AND earlier.moved_at <= $3)",
    )
    .bind(project.as_str())
    .bind(prompt.as_str())
    .bind(moment)
    .fetch_all(c)
    .await)?;
    snapshot(versions, entries)
}

/// Where an alias points, with the digest of each version: what a signed snapshot says.
pub async fn signed_entries(tx: &mut ReadTx, alias: &AliasId) -> Result<BTreeMap<PromptName, SnapshotEntry>> {
    let rows: Vec<(String, String, String)> = on!(tx, c => sqlx::query_as(
        "SELECT prompts.name, versions.version, versions.digest
         FROM alias_entries
         JOIN prompts ON prompts.id = alias_entries.prompt_id
         JOIN versions ON versions.id = alias_entries.version_id
         WHERE alias_entries.alias_id = $1",
    )
    .bind(alias.as_str())
    .fetch_all(c)
    .await)?;
    let entry = |(name, version, digest): (String, String, String)| {
        let entry = SnapshotEntry {
            version: VersionNumber::parse(&version).map_err(lies("versions", "version", &name))?,
            digest: Digest::parse(&digest).map_err(lies("versions", "digest", &name))?,
        };
        Ok((PromptName::parse(&name).map_err(lies("prompts", "name", &name))?, entry))
    };
    rows.into_iter().map(entry).collect()
}

fn snapshot(versions: Vec<FactsRow>, entries: Vec<EntryRow>) -> Result<Snapshot> {
    let mut snapshot = Snapshot::default();
    for row in versions {
        let name = PromptName::parse(&row.name).map_err(lies("prompts", "name", &row.name))?;
        snapshot.prompts.entry(name).or_default().push(VersionFacts::try_from(row)?);
    }
    for row in entries {
        let alias = AliasName::parse(&row.alias).map_err(lies("aliases", "name", &row.alias))?;
        let entries = snapshot.aliases.entry(alias).or_default();
        if let (Some(prompt), Some(version)) = (row.prompt, row.version) {
            entries.insert(
                PromptName::parse(&prompt).map_err(lies("prompts", "name", &prompt))?,
                VersionNumber::parse(&version).map_err(lies("versions", "version", &version))?,
            );
        }
    }
    Ok(snapshot)
}

impl TryFrom<FactsRow> for VersionFacts {
    type Error = StoreError;

    fn try_from(row: FactsRow) -> Result<Self> {
        let place = format!("{} {}", row.name, row.version);
        Ok(Self {
            version: VersionNumber::parse(&row.version).map_err(lies("versions", "version", &place))?,
            digest: Digest::parse(&row.digest).map_err(lies("versions", "digest", &place))?,
            git_commit: row.git_commit,
            archived: row.archived,
        })
    }
}
