//! What a signed snapshot says of an alias.

use std::collections::BTreeMap;

use promptsync_core::{ids::AliasId, names::PromptName, signing::SnapshotEntry, splits::Split};
use serde_json::Value;
use sqlx::types::Json;

use super::rows::ContentRow;
use crate::{
    conn::{ReadTx, on},
    error::Result,
    rows::from_json,
};

#[derive(sqlx::FromRow)]
struct SignedRow {
    #[sqlx(flatten)]
    content: ContentRow,
    split: Option<Json<Value>>,
}

/// Where an alias points, with the content of each version and of what goes with it.
pub async fn signed_entries(tx: &mut ReadTx, alias: &AliasId) -> Result<BTreeMap<PromptName, SnapshotEntry>> {
    let rows: Vec<SignedRow> = on!(tx, c => sqlx::query_as(
        "SELECT prompts.name, versions.version, versions.digest, versions.dependencies, alias_splits.split
         FROM alias_entries
         JOIN prompts ON prompts.id = alias_entries.prompt_id
         JOIN versions ON versions.id = alias_entries.version_id
         LEFT JOIN alias_splits ON alias_splits.alias_id = alias_entries.alias_id
             AND alias_splits.prompt_id = alias_entries.prompt_id
         WHERE alias_entries.alias_id = $1",
    )
    .bind(alias.as_str())
    .fetch_all(c)
    .await)?;
    let mut entries = BTreeMap::new();
    for row in rows {
        let (name, version, content) = row.content.read()?;
        let split = row.split.map(|split| from_json(split.0, "alias_splits", "split", name.as_str()));
        let split = split.transpose()?;
        entries.insert(name, SnapshotEntry { version, content, split, others: BTreeMap::new() });
    }
    if entries.values().any(|entry| entry.split.is_some()) {
        others(tx, alias, &mut entries).await?;
    }
    Ok(entries)
}

/// Adds the contents of the versions that splits name.
async fn others(
    tx: &mut ReadTx,
    alias: &AliasId,
    entries: &mut BTreeMap<PromptName, SnapshotEntry>,
) -> Result<()> {
    let rows: Vec<ContentRow> = on!(tx, c => sqlx::query_as(
        "SELECT prompts.name, versions.version, versions.digest, versions.dependencies
         FROM alias_splits
         JOIN prompts ON prompts.id = alias_splits.prompt_id
         JOIN versions ON versions.prompt_id = alias_splits.prompt_id
         WHERE alias_splits.alias_id = $1",
    )
    .bind(alias.as_str())
    .fetch_all(c)
    .await)?;
    for row in rows {
        let (name, version, content) = row.read()?;
        let Some(entry) = entries.get_mut(&name) else { continue };
        let is_named =
            entry.split.as_ref().is_some_and(|split: &Split| split.versions().any(|one| *one == version));
        if is_named && version != entry.version {
            entry.others.insert(version, content);
        }
    }
    Ok(())
}
