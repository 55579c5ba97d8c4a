//! What the resolver needs, for a project or for one prompt of it, now or at a moment in the past.

mod past;
mod rows;
mod signed;
mod states;

use std::{
    collections::{BTreeMap, BTreeSet},
    future::{Ready, ready},
};

use futures_util::TryStreamExt as _;
use promptsync_core::{
    ids::{ProjectId, PromptId},
    names::{AliasName, ModulePath, PromptName},
    resolve::{Entry, PromptFacts, VersionFacts},
};

use crate::{
    conn::{ReadTx, on},
    error::{Result, StoreError},
};

pub use past::load_prompt_at;
pub use signed::signed_entries;
pub use states::{AliasState, Contents, contents, states_since};

use rows::{EntryRow, VersionRow};

/// A project as delivery sees it, or a part of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProjectState {
    /// Its prompts, or those that were asked for.
    pub prompts: BTreeMap<PromptName, Known>,
    /// All of its aliases.
    pub aliases: BTreeSet<AliasName>,
}

/// A prompt as delivery sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// Its id.
    pub id: PromptId,
    /// Its module.
    pub module: ModulePath,
    /// Its versions, and where each alias points it.
    pub facts: PromptFacts,
}

/// Rows on their way into a [`ProjectState`]: taken as they come, because those of a large project would fill more memory
/// than what is made of them.
#[derive(Default)]
struct Gathered {
    prompts: BTreeMap<PromptName, Parts>,
    aliases: BTreeSet<AliasName>,
    failure: Option<StoreError>,
}

/// A prompt whose rows are not all there.
struct Parts {
    id: PromptId,
    module: ModulePath,
    versions: Vec<VersionFacts>,
    entries: Vec<(AliasName, Entry)>,
}

impl Gathered {
    fn version(&mut self, row: VersionRow) -> Ready<sqlx::Result<()>> {
        match row.read() {
            Ok((name, id, module, facts)) => {
                let new =
                    || Parts { id, module, versions: Vec::with_capacity(1), entries: Vec::with_capacity(1) };
                self.prompts.entry(name).or_insert_with(new).versions.push(facts);
            }
            Err(failure) => self.failure = Some(failure),
        }
        ready(Ok(()))
    }

    /// The entries come after the versions.
    fn entry(&mut self, row: EntryRow) -> Ready<sqlx::Result<()>> {
        match row.read() {
            Ok((alias, entry)) => {
                if let Some((prompt, entry)) = entry
                    && let Some(parts) = self.prompts.get_mut(&prompt)
                {
                    parts.entries.push((alias.clone(), entry));
                }
                if !self.aliases.contains(&alias) {
                    self.aliases.insert(alias);
                }
            }
            Err(failure) => self.failure = Some(failure),
        }
        ready(Ok(()))
    }

    fn state(self) -> Result<ProjectState> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let known = |(name, Parts { id, module, versions, entries })| {
            let facts = PromptFacts { versions: versions.into(), entries: entries.into_iter().collect() };
            (name, Known { id, module, facts })
        };
        Ok(ProjectState { prompts: self.prompts.into_iter().map(known).collect(), aliases: self.aliases })
    }
}

/// Everything about a project.
pub async fn load(tx: &mut ReadTx, project: &ProjectId) -> Result<ProjectState> {
    let mut gathered = Gathered::default();
    on!(tx, c => sqlx::query_as(
        "SELECT prompts.id, prompts.module, prompts.name, versions.version, versions.digest, versions.git_commit,
                version_states.version_id IS NOT NULL AS archived
         FROM prompts
         JOIN versions ON versions.prompt_id = prompts.id
         LEFT JOIN version_states ON version_states.version_id = versions.id
         WHERE prompts.project_id = $1
         ORDER BY versions.prompt_id, versions.sort_key",
    )
    .bind(project.as_str())
    .fetch(c)
    .try_for_each(|row| gathered.version(row))
    .await)?;
    on!(tx, c => sqlx::query_as(
        "SELECT aliases.name AS alias, prompts.name AS prompt, versions.version, alias_splits.split
         FROM aliases
         LEFT JOIN alias_entries ON alias_entries.alias_id = aliases.id
         LEFT JOIN prompts ON prompts.id = alias_entries.prompt_id
         LEFT JOIN versions ON versions.id = alias_entries.version_id
         LEFT JOIN alias_splits ON alias_splits.alias_id = alias_entries.alias_id
             AND alias_splits.prompt_id = alias_entries.prompt_id
         WHERE aliases.project_id = $1",
    )
    .bind(project.as_str())
    .fetch(c)
    .try_for_each(|row| gathered.entry(row))
    .await)?;
    gathered.state()
}

/// One prompt of a project, and the names of all its aliases.
pub async fn load_prompt(tx: &mut ReadTx, project: &ProjectId, prompt: &PromptName) -> Result<ProjectState> {
    let mut gathered = Gathered::default();
    on!(tx, c => sqlx::query_as(
        "SELECT prompts.id, prompts.module, prompts.name, versions.version, versions.digest, versions.git_commit,
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
    .fetch(c)
    .try_for_each(|row| gathered.version(row))
    .await)?;
    on!(tx, c => sqlx::query_as(
        "SELECT aliases.name AS alias, prompts.name AS prompt, versions.version, alias_splits.split
         FROM aliases
         LEFT JOIN prompts ON prompts.project_id = aliases.project_id
             AND prompts.folded_name = $2 AND prompts.name = $3
         LEFT JOIN alias_entries ON alias_entries.alias_id = aliases.id
             AND alias_entries.prompt_id = prompts.id
         LEFT JOIN versions ON versions.id = alias_entries.version_id
         LEFT JOIN alias_splits ON alias_splits.alias_id = alias_entries.alias_id
             AND alias_splits.prompt_id = alias_entries.prompt_id
         WHERE aliases.project_id = $1",
    )
    .bind(project.as_str())
    .bind(prompt.folded())
    .bind(prompt.as_str())
    .fetch(c)
    .try_for_each(|row| gathered.entry(row))
    .await)?;
    gathered.state()
}

/// Where one alias points every prompt of the project; nothing when there is no such alias.
pub async fn load_alias(
    tx: &mut ReadTx,
    project: &ProjectId,
    alias: &AliasName,
) -> Result<Option<BTreeMap<PromptName, Entry>>> {
    let rows: Vec<EntryRow> = on!(tx, c => sqlx::query_as(
        "SELECT aliases.name AS alias, prompts.name AS prompt, versions.version, alias_splits.split
         FROM aliases
         LEFT JOIN alias_entries ON alias_entries.alias_id = aliases.id
         LEFT JOIN prompts ON prompts.id = alias_entries.prompt_id
         LEFT JOIN versions ON versions.id = alias_entries.version_id
         LEFT JOIN alias_splits ON alias_splits.alias_id = alias_entries.alias_id
             AND alias_splits.prompt_id = alias_entries.prompt_id
         WHERE aliases.project_id = $1 AND aliases.folded_name = $2 AND aliases.name = $3",
    )
    .bind(project.as_str())
    .bind(alias.folded())
    .bind(alias.as_str())
    .fetch_all(c)
    .await)?;
    if rows.is_empty() {
        return Ok(None);
    }
    let mut entries = BTreeMap::new();
    for row in rows {
        entries.extend(row.read()?.1);
    }
    Ok(Some(entries))
}
