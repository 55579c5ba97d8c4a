//! Versions: inserted once, never changed. Whether one is archived is kept apart.

use std::collections::BTreeMap;

use promptsync_core::{
    audit::Actor,
    bumps::Reason,
    digest::Digest,
    files::Origin,
    ids::{ProjectId, PromptId, VersionId, WorkspaceId},
    interface::Interface,
    names::PromptName,
    publish::{Dependency, PastVersion},
    time::Timestamp,
    versions::{Bump, VersionNumber},
};
use serde_json::Value;
use sqlx::{QueryBuilder, types::Json};

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::{Result, StoreError},
    page::{Page, PageRequest},
    rows::{CHUNK, from_json, from_word, lies, push_list, to_word},
    sort_key::sort_key,
};

/// A version, without content.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// Its id.
    pub id: VersionId,
    /// Its workspace, which holds the document.
    pub workspace: WorkspaceId,
    /// Its project.
    pub project: ProjectId,
    /// Its prompt.
    pub prompt: PromptId,
    /// Its number.
    pub number: VersionNumber,
    /// Its content.
    pub digest: Digest,
    /// The bump from the version before it.
    pub bump: Bump,
    /// Why that bump.
    pub reasons: Vec<Reason>,
    /// What callers depend on.
    pub interface: Interface,
    /// Its dependencies as they were fixed.
    pub dependencies: BTreeMap<PromptName, Dependency>,
    /// What the author says changed.
    pub changelog: Option<String>,
    /// Who published it.
    pub author: Actor,
    /// The commit it was pushed from.
    pub git_commit: Option<String>,
    /// The file it was written in.
    pub origin: Option<Origin>,
    /// When it was taken out of use; not looked at by [`insert_all`].
    pub archived_at: Option<Timestamp>,
    /// When it was published.
    pub created_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct VersionRow {
    id: String,
    workspace_id: String,
    project_id: String,
    prompt_id: String,
    version: String,
    digest: String,
    bump: String,
    reasons: Json<Value>,
    interface: Json<Value>,
    dependencies: Json<Value>,
    changelog: Option<String>,
    author: Json<Value>,
    git_commit: Option<String>,
    origin: Option<Json<Value>>,
    archived_at: Option<Timestamp>,
    created_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct PastVersionRow {
    name: String,
    version: String,
    digest: String,
    interface: Json<Value>,
    dependencies: Json<Value>,
    archived: bool,
}

/// Publishes versions. The unique rule is the number of a prompt. Documents and prompts are written before.
pub async fn insert_all(tx: &mut Tx, versions: &[Version]) -> Result<()> {
    for chunk in versions.chunks(CHUNK) {
        execute!(
            tx,
            QueryBuilder::new(
                "INSERT INTO versions (id, workspace_id, project_id, prompt_id, version, sort_key, digest, bump,
                                       reasons, interface, dependencies, changelog, author, git_commit, origin,
                                       created_at) ",
            )
            .push_values(chunk, |mut row, version| {
                row.push_bind(version.id.as_str())
                    .push_bind(version.workspace.as_str())
                    .push_bind(version.project.as_str())
                    .push_bind(version.prompt.as_str())
                    .push_bind(version.number.to_string())
                    .push_bind(sort_key(&version.number))
                    .push_bind(version.digest.as_str())
                    .push_bind(to_word(&version.bump))
                    .push_bind(Json(&version.reasons))
                    .push_bind(Json(&version.interface))
                    .push_bind(Json(&version.dependencies))
                    .push_bind(version.changelog.as_deref())
                    .push_bind(Json(&version.author))
                    .push_bind(version.git_commit.as_deref())
                    .push_bind(version.origin.as_ref().map(Json))
                    .push_bind(version.created_at);
            })
            .build()
            .persistent(chunk.len() == 1)
        )?;
    }
    Ok(())
}

/// One version of a prompt.
pub async fn get(tx: &mut ReadTx, prompt: &PromptId, number: &VersionNumber) -> Result<Option<Version>> {
    let row: Option<VersionRow> = on!(tx, c => sqlx::query_as(
        "SELECT versions.*, version_states.archived_at
         FROM versions LEFT JOIN version_states ON version_states.version_id = versions.id
         WHERE versions.prompt_id = $1 AND versions.version = $2",
    )
    .bind(prompt.as_str())
    .bind(number.to_string())
    .fetch_optional(c)
    .await)?;
    row.map(Version::try_from).transpose()
}

/// The versions of a prompt, newest first by semantic versioning.
pub async fn list(tx: &mut ReadTx, prompt: &PromptId, page: &PageRequest) -> Result<Page<Version>> {
    // Longer than any key, so that it sorts after all of them.
    let before = page.after::<VersionNumber>()?.map_or(vec![0xff; 26], |number| sort_key(&number));
    let rows: Vec<VersionRow> = on!(tx, c => sqlx::query_as(
        "SELECT versions.*, version_states.archived_at
         FROM versions LEFT JOIN version_states ON version_states.version_id = versions.id
         WHERE versions.prompt_id = $1 AND versions.sort_key < $2
         ORDER BY versions.sort_key DESC
         LIMIT $3",
    )
    .bind(prompt.as_str())
    .bind(before)
    .bind(page.rows())
    .fetch_all(c)
    .await)?;
    page.page(rows, |version: &Version| version.number.to_string())
}

/// What a push needs to know of the past of these prompts, oldest version first.
pub async fn of_prompts(
    tx: &mut ReadTx,
    project: &ProjectId,
    names: &[PromptName],
) -> Result<BTreeMap<PromptName, Vec<PastVersion>>> {
    let mut found: BTreeMap<PromptName, Vec<PastVersion>> = BTreeMap::new();
    for chunk in names.chunks(CHUNK) {
        let rows: Vec<PastVersionRow> = on!(tx, c => {
            let mut query = QueryBuilder::new(
                "SELECT prompts.name, versions.version, versions.digest, versions.interface,
                        versions.dependencies, version_states.version_id IS NOT NULL AS archived
                 FROM prompts
                 JOIN versions ON versions.prompt_id = prompts.id
                 LEFT JOIN version_states ON version_states.version_id = versions.id
                 WHERE prompts.project_id = ",
            );
            query.push_bind(project.as_str()).push(" AND prompts.folded_name IN");
            push_list(&mut query, chunk.iter().map(PromptName::folded));
            query.push(" AND prompts.name IN");
            push_list(&mut query, chunk.iter().map(PromptName::to_string));
            query.push(" ORDER BY versions.prompt_id, versions.sort_key");
            query.build_query_as().persistent(chunk.len() == 1).fetch_all(c).await
        })?;
        for row in rows {
            let name = PromptName::parse(&row.name).map_err(lies("prompts", "name", &row.name))?;
            found.entry(name).or_default().push(PastVersion::try_from(row)?);
        }
    }
    Ok(found)
}

/// Takes a version out of use. Nothing happens when it is already.
pub async fn archive(tx: &mut Tx, version: &VersionId, now: Timestamp) -> Result<()> {
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO version_states (version_id, archived_at) VALUES ($1, $2)
             ON CONFLICT (version_id) DO NOTHING",
        )
        .bind(version.as_str())
        .bind(now)
    )?;
    Ok(())
}

/// Puts an archived version back into use. Nothing happens when it is in use.
pub async fn restore(tx: &mut Tx, version: &VersionId) -> Result<()> {
    execute!(tx, sqlx::query("DELETE FROM version_states WHERE version_id = $1").bind(version.as_str()))?;
    Ok(())
}

impl TryFrom<VersionRow> for Version {
    type Error = StoreError;

    fn try_from(row: VersionRow) -> Result<Self> {
        let id = row.id;
        let origin = row.origin.map(|json| from_json(json.0, "versions", "origin", &id)).transpose()?;
        Ok(Self {
            number: VersionNumber::parse(&row.version).map_err(lies("versions", "version", &id))?,
            digest: Digest::parse(&row.digest).map_err(lies("versions", "digest", &id))?,
            bump: from_word(row.bump, "versions", "bump", &id)?,
            reasons: from_json(row.reasons.0, "versions", "reasons", &id)?,
            interface: from_json(row.interface.0, "versions", "interface", &id)?,
            dependencies: from_json(row.dependencies.0, "versions", "dependencies", &id)?,
            author: from_json(row.author.0, "versions", "author", &id)?,
            origin,
            id: VersionId::new(id),
            workspace: WorkspaceId::new(row.workspace_id),
            project: ProjectId::new(row.project_id),
            prompt: PromptId::new(row.prompt_id),
            changelog: row.changelog,
            git_commit: row.git_commit,
            archived_at: row.archived_at,
            created_at: row.created_at,
        })
    }
}

impl TryFrom<PastVersionRow> for PastVersion {
    type Error = StoreError;

    fn try_from(row: PastVersionRow) -> Result<Self> {
        let place = format!("{} {}", row.name, row.version);
        Ok(Self {
            version: VersionNumber::parse(&row.version).map_err(lies("versions", "version", &place))?,
            digest: Digest::parse(&row.digest).map_err(lies("versions", "digest", &place))?,
            interface: from_json(row.interface.0, "versions", "interface", &place)?,
            dependencies: from_json(row.dependencies.0, "versions", "dependencies", &place)?,
            archived: row.archived,
        })
    }
}
