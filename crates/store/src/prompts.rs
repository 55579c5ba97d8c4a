//! Prompts: what may change about a name, above the versions that never do.

use std::collections::{BTreeMap, BTreeSet};

use promptsync_core::{
    documents::Kind,
    ids::{ProjectId, PromptId},
    names::{ModulePath, PromptName},
    time::Timestamp,
    versions::VersionNumber,
};
use serde_json::Value;
use sqlx::{QueryBuilder, types::Json};

use crate::{
    conn::{ReadTx, Tx, insert, on},
    error::{Result, StoreError},
    page::{Page, PageRequest},
    rows::{CHUNK, from_json, from_word, lies, push_list, to_word},
};

/// A prompt, without content.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    /// Its id.
    pub id: PromptId,
    /// Its project.
    pub project: ProjectId,
    /// Its module.
    pub module: ModulePath,
    /// Its name.
    pub name: PromptName,
    /// Who looks after it.
    pub owner: Option<String>,
    /// Text, chat, completion or instruction: of its newest version.
    pub kind: Kind,
    /// What it is for, from its newest version.
    pub description: Option<String>,
    /// Tags, from its newest version.
    pub tags: Vec<String>,
    /// Its newest version.
    pub latest: VersionNumber,
    /// Where it stands in its life: `active`, ….
    pub lifecycle: String,
    /// When its first version was published.
    pub created_at: Timestamp,
    /// When its newest version was published.
    pub updated_at: Timestamp,
}

#[derive(sqlx::FromRow)]
pub(crate) struct PromptRow {
    id: String,
    project_id: String,
    module: String,
    name: String,
    owner: Option<String>,
    kind: String,
    description: Option<String>,
    tags: Json<Value>,
    latest_version: String,
    lifecycle: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// Writes prompts. Of one whose id exists, only what a new version changes is written: module, kind, description,
/// tags, newest version and its time. The unique rule is the name in its project, without regard to case.
pub async fn put_all(tx: &mut Tx, prompts: &[Prompt]) -> Result<()> {
    insert!(
        tx,
        "INSERT INTO prompts (id, project_id, module, name, folded_name, owner, kind, description, tags, latest_version,
                              lifecycle, created_at, updated_at) ",
        prompts,
        |row, prompt| {
            row.push_bind(prompt.id.as_str())
                .push_bind(prompt.project.as_str())
                .push_bind(prompt.module.as_str())
                .push_bind(prompt.name.as_str())
                .push_bind(prompt.name.folded())
                .push_bind(prompt.owner.as_deref())
                .push_bind(to_word(&prompt.kind))
                .push_bind(prompt.description.as_deref())
                .push_bind(Json(&prompt.tags))
                .push_bind(prompt.latest.to_string())
                .push_bind(&prompt.lifecycle)
                .push_bind(prompt.created_at)
                .push_bind(prompt.updated_at)
        },
        " ON CONFLICT (id) DO UPDATE SET
            module = excluded.module, kind = excluded.kind, description = excluded.description, tags = excluded.tags,
            latest_version = excluded.latest_version, updated_at = excluded.updated_at"
    );
    Ok(())
}

/// The prompt of that name, spelt exactly so.
pub async fn by_name(tx: &mut ReadTx, project: &ProjectId, name: &PromptName) -> Result<Option<Prompt>> {
    let row: Option<PromptRow> = on!(tx, c => sqlx::query_as(
        "SELECT id, project_id, module, name, owner, kind, description, tags, latest_version, lifecycle,
                created_at, updated_at
         FROM prompts
         WHERE project_id = $1 AND folded_name = $2 AND name = $3",
    )
    .bind(project.as_str())
    .bind(name.folded())
    .bind(name.as_str())
    .fetch_optional(c)
    .await)?;
    row.map(Prompt::try_from).transpose()
}

/// The prompts of these names, as far as they exist.
pub async fn by_names(
    tx: &mut ReadTx,
    project: &ProjectId,
    names: &[PromptName],
) -> Result<BTreeMap<PromptName, Prompt>> {
    let mut found = alike(tx, project, names).await?;
    let names: BTreeSet<&PromptName> = names.iter().collect();
    found.retain(|name, _| names.contains(name));
    Ok(found)
}

/// The prompts of these names, whatever the case of either.
pub async fn alike(
    tx: &mut ReadTx,
    project: &ProjectId,
    names: &[PromptName],
) -> Result<BTreeMap<PromptName, Prompt>> {
    let mut found = BTreeMap::new();
    for chunk in names.chunks(CHUNK) {
        let rows: Vec<PromptRow> = on!(tx, c => {
            let mut query = QueryBuilder::new(
                "SELECT id, project_id, module, name, owner, kind, description, tags, latest_version, lifecycle,
                        created_at, updated_at
                 FROM prompts
                 WHERE project_id = ",
            );
            query.push_bind(project.as_str()).push(" AND folded_name IN");
            push_list(&mut query, chunk.iter().map(PromptName::folded));
            query.build_query_as().persistent(chunk.len() == 1).fetch_all(c).await
        })?;
        for row in rows {
            let prompt = Prompt::try_from(row)?;
            found.insert(prompt.name.clone(), prompt);
        }
    }
    Ok(found)
}

/// Every name of the project.
pub async fn names(tx: &mut ReadTx, project: &ProjectId) -> Result<Vec<PromptName>> {
    let names: Vec<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT name FROM prompts WHERE project_id = $1 ORDER BY folded_name",
    )
    .bind(project.as_str())
    .fetch_all(c)
    .await)?;
    names.iter().map(|name| PromptName::parse(name).map_err(lies("prompts", "name", name))).collect()
}

/// The project's prompts by name.
pub async fn list(tx: &mut ReadTx, project: &ProjectId, page: &PageRequest) -> Result<Page<Prompt>> {
    let rows: Vec<PromptRow> = on!(tx, c => sqlx::query_as(
        "SELECT id, project_id, module, name, owner, kind, description, tags, latest_version, lifecycle,
                created_at, updated_at
         FROM prompts
         WHERE project_id = $1 AND folded_name > $2
         ORDER BY folded_name
         LIMIT $3",
    )
    .bind(project.as_str())
    .bind(page.after.as_deref().unwrap_or_default())
    .bind(page.rows())
    .fetch_all(c)
    .await)?;
    page.page(rows, |prompt: &Prompt| prompt.name.folded())
}

/// The prompts directly in one module, by name.
pub async fn list_module(
    tx: &mut ReadTx,
    project: &ProjectId,
    module: &ModulePath,
    page: &PageRequest,
) -> Result<Page<Prompt>> {
    let rows: Vec<PromptRow> = on!(tx, c => sqlx::query_as(
        "SELECT id, project_id, module, name, owner, kind, description, tags, latest_version, lifecycle,
                created_at, updated_at
         FROM prompts
         WHERE project_id = $1 AND module = $2 AND folded_name > $3
         ORDER BY folded_name
         LIMIT $4",
    )
    .bind(project.as_str())
    .bind(module.as_str())
    .bind(page.after.as_deref().unwrap_or_default())
    .bind(page.rows())
    .fetch_all(c)
    .await)?;
    page.page(rows, |prompt: &Prompt| prompt.name.folded())
}

impl TryFrom<PromptRow> for Prompt {
    type Error = StoreError;

    fn try_from(row: PromptRow) -> Result<Self> {
        let id = row.id;
        Ok(Self {
            module: ModulePath::parse(&row.module).map_err(lies("prompts", "module", &id))?,
            name: PromptName::parse(&row.name).map_err(lies("prompts", "name", &id))?,
            kind: from_word(row.kind, "prompts", "kind", &id)?,
            tags: from_json(row.tags.0, "prompts", "tags", &id)?,
            latest: VersionNumber::parse(&row.latest_version).map_err(lies(
                "prompts",
                "latest_version",
                &id,
            ))?,
            id: PromptId::new(id),
            project: ProjectId::new(row.project_id),
            owner: row.owner,
            description: row.description,
            lifecycle: row.lifecycle,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}
