//! How aliases divide their traffic. Written with the move of the alias that changes it.

use std::collections::{BTreeMap, BTreeSet};

use promptsync_core::{
    ids::{AliasId, PromptId},
    names::{AliasName, PromptName},
    splits::{AliasSplits, Split},
    versions::VersionNumber,
};
use serde_json::Value;
use sqlx::{QueryBuilder, types::Json};

use crate::{
    aliases::Move,
    conn::{ReadTx, Tx, insert, on},
    entries,
    error::{Result, StoreError},
    prompts,
    rows::{CHUNK, from_json, lies, push_list},
};

/// The splits of an alias.
pub async fn of_alias(tx: &mut ReadTx, alias: &AliasId) -> Result<AliasSplits> {
    let release: Option<(Option<Json<Value>>,)> = on!(tx, c => sqlx::query_as("SELECT aliases.release_split FROM aliases WHERE aliases.id = $1")
            .bind(alias.as_str())
            .fetch_optional(c)
            .await)?;
    let rows: Vec<(String, Json<Value>)> = on!(tx, c => sqlx::query_as(
        "SELECT prompts.name, alias_splits.split
         FROM alias_splits JOIN prompts ON prompts.id = alias_splits.prompt_id
         WHERE alias_splits.alias_id = $1",
    )
    .bind(alias.as_str())
    .fetch_all(c)
    .await)?;
    let release = release.and_then(|(split,)| split);
    let release =
        release.map(|split| from_json(split.0, "aliases", "release_split", alias.as_str())).transpose()?;
    let mut prompts = BTreeMap::new();
    for (name, split) in rows {
        let split = from_json(split.0, "alias_splits", "split", &name)?;
        prompts.insert(PromptName::parse(&name).map_err(lies("prompts", "name", &name))?, split);
    }
    Ok(AliasSplits { release, prompts })
}

/// The splits of a prompt, by the alias they belong to.
pub async fn of_prompt(tx: &mut ReadTx, prompt: &PromptId) -> Result<BTreeMap<AliasName, Split>> {
    let rows: Vec<(String, Json<Value>)> = on!(tx, c => sqlx::query_as(
        "SELECT aliases.name, alias_splits.split
         FROM alias_splits JOIN aliases ON aliases.id = alias_splits.alias_id
         WHERE alias_splits.prompt_id = $1",
    )
    .bind(prompt.as_str())
    .fetch_all(c)
    .await)?;
    let mut found = BTreeMap::new();
    for (name, split) in rows {
        let split = from_json(split.0, "alias_splits", "split", &name)?;
        found.insert(AliasName::parse(&name).map_err(lies("aliases", "name", &name))?, split);
    }
    Ok(found)
}

/// Replaces the splits of an alias's prompts; writes only what differs. Called by [`crate::aliases::set`] alone, after
/// the entries.
pub(crate) async fn replace(tx: &mut Tx, change: &Move<'_>, alias: &AliasId) -> Result<()> {
    let (before, wanted) = (of_alias(tx, alias).await?.prompts, &change.splits.prompts);
    let gone: Vec<PromptName> = before.keys().filter(|name| !wanted.contains_key(*name)).cloned().collect();
    for chunk in gone.chunks(CHUNK) {
        on!(tx, c => {
            let mut query = QueryBuilder::new("DELETE FROM alias_splits WHERE alias_id = ");
            query
                .push_bind(alias.as_str())
                .push(" AND prompt_id IN (SELECT prompts.id FROM prompts WHERE prompts.project_id = ")
                .push_bind(change.project.as_str())
                .push(" AND prompts.folded_name IN");
            push_list(&mut query, chunk.iter().map(PromptName::folded));
            query.push(")").build().persistent(chunk.len() == 1).execute(c).await.map(drop)
        })?;
    }
    let changed: Vec<(&PromptName, &Split)> =
        wanted.iter().filter(|(name, split)| before.get(*name) != Some(*split)).collect();
    if changed.iter().any(|(name, _)| !change.entries.contains_key(*name)) {
        return Err(StoreError::NotFound { what: "entry" });
    }
    let named: BTreeSet<(&PromptName, &VersionNumber)> =
        changed.iter().flat_map(|(name, split)| split.versions().map(|version| (*name, version))).collect();
    // Every version exists: whoever draws it is served.
    entries::ids(tx, change.project, &named.into_iter().collect::<Vec<_>>()).await?;
    let names: Vec<PromptName> = changed.iter().map(|(name, _)| (*name).clone()).collect();
    let prompts = prompts::by_names(tx, change.project, &names).await?;
    let rows: Vec<(&PromptId, &Split)> =
        changed.iter().filter_map(|(name, split)| Some((&prompts.get(*name)?.id, *split))).collect();
    insert!(
        tx,
        "INSERT INTO alias_splits (alias_id, prompt_id, split) ",
        rows.as_slice(),
        |row, (prompt, split)| {
            row.push_bind(alias.as_str()).push_bind(prompt.as_str()).push_bind(Json(*split))
        },
        " ON CONFLICT (alias_id, prompt_id) DO UPDATE SET split = excluded.split"
    );
    Ok(())
}
