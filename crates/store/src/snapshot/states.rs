//! What an alias pointed at after each of its moves, and the contents behind it.

use std::collections::{BTreeMap, BTreeSet};

use promptsync_core::{
    audit::Revision,
    ids::{AliasId, ProjectId},
    names::PromptName,
    signing::SnapshotContent,
    splits::Split,
    versions::VersionNumber,
};
use serde_json::Value;
use sqlx::{QueryBuilder, types::Json};

use crate::{
    conn::{ReadTx, on},
    entries::Manifest,
    error::Result,
    rows::{CHUNK, from_json, push_list},
};

use super::rows::ContentRow;

/// Contents by prompt and version.
pub type Contents = BTreeMap<(PromptName, VersionNumber), SnapshotContent>;

/// An alias after one of its moves.
#[derive(Clone, Debug, PartialEq)]
pub struct AliasState {
    /// The revision the move made.
    pub revision: Revision,
    /// Where every prompt pointed.
    pub entries: Manifest,
    /// How entries divided their traffic.
    pub splits: BTreeMap<PromptName, Split>,
}

#[derive(sqlx::FromRow)]
struct StateRow {
    revision: Revision,
    entries: Json<Value>,
    splits: Json<Value>,
}

impl AliasState {
    /// Every version somebody may get.
    pub fn versions(&self) -> impl Iterator<Item = (&PromptName, &VersionNumber)> {
        let split =
            self.splits.iter().flat_map(|(name, split)| split.versions().map(move |version| (name, version)));
        self.entries.iter().chain(split)
    }
}

/// The moves of an alias after a revision, oldest first.
pub async fn states_since(
    tx: &mut ReadTx,
    alias: &AliasId,
    after: Revision,
    limit: u32,
) -> Result<Vec<AliasState>> {
    let rows: Vec<StateRow> = on!(tx, c => sqlx::query_as(
        "SELECT revision, entries, splits FROM alias_history
         WHERE alias_id = $1 AND revision > $2
         ORDER BY revision
         LIMIT $3",
    )
    .bind(alias.as_str())
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(c)
    .await)?;
    let read = |row: StateRow| {
        let place = format!("{alias} {}", row.revision);
        Ok(AliasState {
            revision: row.revision,
            entries: from_json(row.entries.0, "alias_history", "entries", &place)?,
            splits: from_json(row.splits.0, "alias_history", "splits", &place)?,
        })
    };
    rows.into_iter().map(read).collect()
}

/// The contents of these versions of a project's prompts, as far as they exist.
pub async fn contents(
    tx: &mut ReadTx,
    project: &ProjectId,
    wanted: &BTreeSet<(PromptName, VersionNumber)>,
) -> Result<Contents> {
    let mut found = Contents::new();
    let all: Vec<_> = wanted.iter().collect();
    for chunk in all.chunks(CHUNK) {
        let names: BTreeSet<String> = chunk.iter().map(|(name, _)| name.folded()).collect();
        let numbers: BTreeSet<String> = chunk.iter().map(|(_, version)| version.to_string()).collect();
        let rows: Vec<ContentRow> = on!(tx, c => {
            let mut query = QueryBuilder::new(
                "SELECT prompts.name, versions.version, versions.digest, versions.dependencies
                 FROM prompts JOIN versions ON versions.prompt_id = prompts.id
                 WHERE prompts.project_id = ",
            );
            query.push_bind(project.as_str()).push(" AND prompts.folded_name IN");
            push_list(&mut query, names.into_iter());
            query.push(" AND versions.version IN");
            push_list(&mut query, numbers.into_iter());
            query.build_query_as().persistent(chunk.len() == 1).fetch_all(c).await
        })?;
        for row in rows {
            let (name, version, content) = row.read()?;
            let key = (name, version);
            if wanted.contains(&key) {
                found.insert(key, content);
            }
        }
    }
    Ok(found)
}
