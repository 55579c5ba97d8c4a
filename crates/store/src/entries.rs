//! Manifests: which version of each prompt a release or an alias names.

use std::collections::BTreeMap;

use promptsync_core::{
    ids::{ProjectId, PromptId, VersionId},
    names::PromptName,
    versions::VersionNumber,
};
use sqlx::QueryBuilder;

use crate::{
    conn::{ReadTx, on},
    error::{Result, StoreError},
    rows::{CHUNK, lies},
};

/// Prompt → version, as people name them.
pub type Manifest = BTreeMap<PromptName, VersionNumber>;

/// One entry by its ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryIds {
    /// The prompt.
    pub prompt: PromptId,
    /// The version.
    pub version: VersionId,
}

/// Finds the ids of every entry; an entry that names no version is an error.
pub async fn ids(
    tx: &mut ReadTx,
    project: &ProjectId,
    manifest: &[(&PromptName, &VersionNumber)],
) -> Result<Vec<EntryIds>> {
    let mut found = Vec::with_capacity(manifest.len());
    for chunk in manifest.chunks(CHUNK) {
        let rows: Vec<(String, String)> = on!(tx, c => {
            let mut query = QueryBuilder::new("WITH wanted (name, folded_name, version) AS (");
            query.push_values(chunk, |mut row, (name, version)| {
                row.push_bind(name.as_str()).push_bind(name.folded()).push_bind(version.to_string());
            });
            query.push(
                ") SELECT prompts.id AS prompt_id, versions.id AS version_id
                 FROM wanted
                 JOIN prompts ON prompts.folded_name = wanted.folded_name AND prompts.name = wanted.name
                 JOIN versions ON versions.prompt_id = prompts.id AND versions.version = wanted.version
                 WHERE prompts.project_id = ",
            );
            query.push_bind(project.as_str());
            query.build_query_as().persistent(chunk.len() == 1).fetch_all(c).await
        })?;
        if rows.len() != chunk.len() {
            return Err(StoreError::NotFound { what: "version" });
        }
        found.extend(rows.into_iter().map(|(prompt, version)| EntryIds {
            prompt: PromptId::new(prompt),
            version: VersionId::new(version),
        }));
    }
    Ok(found)
}

/// Reads a manifest from one text, `greeting 1.0.0,farewell 2.0.0`: a row for each would take far longer to hand over.
/// Neither names nor versions have blanks or commas.
pub(crate) fn of_list(list: Option<String>, table: &'static str, owner: &str) -> Result<Manifest> {
    let list = list.unwrap_or_default();
    let entries = list.split(',').filter(|entry| !entry.is_empty());
    let read = |entry: &str| {
        let (name, version) = entry.split_once(' ').unwrap_or((entry, ""));
        (name.to_owned(), version.to_owned())
    };
    manifest(entries.map(read).collect(), table, owner)
}

/// Reads a manifest from rows of prompt name and version.
pub(crate) fn manifest(rows: Vec<(String, String)>, table: &'static str, owner: &str) -> Result<Manifest> {
    rows.into_iter()
        .map(|(name, version)| {
            Ok((
                PromptName::parse(&name).map_err(lies(table, "prompt_id", owner))?,
                VersionNumber::parse(&version).map_err(lies(table, "version_id", owner))?,
            ))
        })
        .collect()
}
