//! Versions: inserted once, never changed. Whether one is archived is kept apart.
//!
//! Interface and reasons quote the content (defaults, allowed values, descriptions), so they are sealed together. A row
//! without a sealed value is older than sealing, and has them in columns of their own.

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
    seal::Place,
    time::Timestamp,
    versions::{Bump, VersionNumber},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sqlx::{QueryBuilder, types::Json};

use crate::{
    conn::{ReadTx, Tx, execute, insert, on},
    error::{Result, StoreError},
    page::{Page, PageRequest},
    rows::{CHUNK, from_json, from_word, lies, push_list, to_word},
    seal::Sealer,
    sort_key::sort_key,
};

const TABLE: &str = "versions";
const COLUMN: &str = "sealed";

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

/// What a version is called, as its row and those it belongs to say.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct VersionName {
    /// Its id.
    pub id: String,
    /// Its project, when it is in one.
    pub project: Option<String>,
    /// Its prompt, when it is one of that project.
    pub prompt: Option<String>,
    /// Its number.
    pub version: String,
}

#[derive(sqlx::FromRow)]
struct VersionRow {
    id: String,
    workspace_id: String,
    project_id: String,
    prompt_id: String,
    version: String,
    sort_key: Vec<u8>,
    digest: String,
    bump: String,
    reasons: Json<Value>,
    interface: Json<Value>,
    sealed: Option<Vec<u8>>,
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
    id: String,
    workspace_id: String,
    name: String,
    version: String,
    digest: String,
    interface: Json<Value>,
    sealed: Option<Vec<u8>>,
    dependencies: Json<Value>,
    archived: bool,
}

/// What is sealed of a version.
#[derive(Serialize)]
struct Said<'a, R, I> {
    reasons: &'a R,
    interface: &'a I,
}

/// The same, opened.
#[derive(Deserialize)]
struct Opened {
    reasons: Value,
    interface: Value,
}

/// Publishes versions of one workspace. The unique rule is the number of a prompt. Documents and prompts are written before.
pub async fn insert_all(tx: &mut Tx, versions: &[Version]) -> Result<()> {
    let Some(first) = versions.first() else { return Ok(()) };
    let sealer = tx.sealer(&first.workspace).await?;
    let said = versions.iter().map(|version| {
        let said = Said { reasons: &version.reasons, interface: &version.interface };
        seal(&sealer, version.id.as_str(), &said).map(|sealed| (version, sealed))
    });
    let rows: Vec<(&Version, Vec<u8>)> = said.collect::<Result<_>>()?;
    insert!(
        tx,
        "INSERT INTO versions (id, workspace_id, project_id, prompt_id, version, sort_key, digest, bump, reasons,
                               interface, sealed, dependencies, changelog, author, git_commit, origin, created_at) ",
        rows.as_slice(),
        |row, (version, sealed)| {
            row.push_bind(version.id.as_str())
                .push_bind(version.workspace.as_str())
                .push_bind(version.project.as_str())
                .push_bind(version.prompt.as_str())
                .push_bind(version.number.to_string())
                .push_bind(sort_key(&version.number))
                .push_bind(version.digest.as_str())
                .push_bind(to_word(&version.bump))
                .push_bind(Json(Value::Array(Vec::new())))
                .push_bind(Json(Value::Object(Map::new())))
                .push_bind(sealed)
                .push_bind(Json(&version.dependencies))
                .push_bind(version.changelog.as_deref())
                .push_bind(Json(&version.author))
                .push_bind(version.git_commit.as_deref())
                .push_bind(version.origin.as_ref().map(Json))
                .push_bind(version.created_at)
        }
    );
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
    match row {
        Some(row) => row.open(tx).await?.try_into().map(Some),
        None => Ok(None),
    }
}

/// The version with this id.
pub async fn by_id(tx: &mut ReadTx, id: &VersionId) -> Result<Option<Version>> {
    let row: Option<VersionRow> = on!(tx, c => sqlx::query_as(
        "SELECT versions.*, version_states.archived_at
         FROM versions LEFT JOIN version_states ON version_states.version_id = versions.id
         WHERE versions.id = $1",
    )
    .bind(id.as_str())
    .fetch_optional(c)
    .await)?;
    match row {
        Some(row) => row.open(tx).await?.try_into().map(Some),
        None => Ok(None),
    }
}

/// What the workspace's versions are called, in the order of their ids, as the texts stand there.
pub async fn names(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    after: &str,
    limit: u32,
) -> Result<Vec<VersionName>> {
    Ok(on!(tx, c => sqlx::query_as(
        "SELECT versions.id, projects.name AS project, prompts.name AS prompt, versions.version
         FROM versions
         LEFT JOIN projects ON projects.id = versions.project_id
             AND projects.workspace_id = versions.workspace_id
         LEFT JOIN prompts ON prompts.id = versions.prompt_id AND prompts.project_id = versions.project_id
         WHERE versions.workspace_id = $1 AND versions.id > $2
         ORDER BY versions.id
         LIMIT $3",
    )
    .bind(workspace.as_str())
    .bind(after)
    .bind(i64::from(limit))
    .fetch_all(c)
    .await)?)
}

/// The versions of a prompt, newest first by semantic versioning.
pub async fn list(tx: &mut ReadTx, prompt: &PromptId, page: &PageRequest) -> Result<Page<Version>> {
    // Longer than any key, so that it sorts after all of them.
    let before = page.after::<VersionNumber>()?.map_or(vec![0xff; 26], |number| sort_key(&number));
    let sealed: Vec<VersionRow> = on!(tx, c => sqlx::query_as(
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
    let mut rows = Vec::with_capacity(sealed.len());
    for row in sealed {
        rows.push(row.open(tx).await?);
    }
    page.page(rows, |version: &Version| version.number.to_string())
}

/// What a push needs to know of the past of these prompts, oldest version first.
pub async fn of_prompts(
    tx: &mut ReadTx,
    project: &ProjectId,
    names: &[PromptName],
) -> Result<BTreeMap<PromptName, Vec<PastVersion>>> {
    past(tx, project, names, Which::Every).await
}

/// The highest version of each of these prompts, and the highest in use: all that decides the next number.
pub async fn newest_of_prompts(
    tx: &mut ReadTx,
    project: &ProjectId,
    names: &[PromptName],
) -> Result<BTreeMap<PromptName, Vec<PastVersion>>> {
    past(tx, project, names, Which::Newest).await
}

/// Which versions of a prompt are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Every,
    /// The highest, and the highest in use.
    Newest,
}

/// Versions of these prompts. The prompts come first, once and for all: PostgreSQL would else find out for each version of a
/// prompt which is its highest, and take seconds for some hundreds.
async fn past(
    tx: &mut ReadTx,
    project: &ProjectId,
    names: &[PromptName],
    which: Which,
) -> Result<BTreeMap<PromptName, Vec<PastVersion>>> {
    let mut found: BTreeMap<PromptName, Vec<PastVersion>> = BTreeMap::new();
    for chunk in names.chunks(CHUNK) {
        let rows: Vec<PastVersionRow> = on!(tx, c => {
            let mut query = QueryBuilder::new("WITH wanted AS MATERIALIZED (SELECT prompts.id, prompts.name");
            if which == Which::Newest {
                query.push(
                    ", (SELECT highest.id FROM versions AS highest
                        WHERE highest.prompt_id = prompts.id ORDER BY highest.sort_key DESC LIMIT 1) AS highest,
                       (SELECT used.id FROM versions AS used
                        WHERE used.prompt_id = prompts.id AND NOT EXISTS (
                            SELECT 1 FROM version_states WHERE version_states.version_id = used.id)
                        ORDER BY used.sort_key DESC LIMIT 1) AS used",
                );
            }
            query.push(" FROM prompts WHERE prompts.project_id = ").push_bind(project.as_str());
            query.push(" AND prompts.folded_name IN");
            push_list(&mut query, chunk.iter().map(PromptName::folded));
            query.push(" AND prompts.name IN");
            push_list(&mut query, chunk.iter().map(PromptName::to_string));
            query.push(
                ") SELECT versions.id, versions.workspace_id, prompts.name, versions.version, versions.digest,
                          versions.interface, versions.sealed, versions.dependencies, version_states.version_id IS NOT NULL AS archived
                   FROM wanted AS prompts
                   JOIN versions ON ",
            );
            match which {
                Which::Every => query.push("versions.prompt_id = prompts.id"),
                Which::Newest => query.push("versions.id IN (prompts.highest, prompts.used)"),
            };
            query.push(
                " LEFT JOIN version_states ON version_states.version_id = versions.id
                  ORDER BY versions.prompt_id, versions.sort_key",
            );
            query.build_query_as().persistent(chunk.len() == 1).fetch_all(c).await
        })?;
        for row in rows {
            let name = PromptName::parse(&row.name).map_err(lies("prompts", "name", &row.name))?;
            found.entry(name).or_default().push(PastVersion::try_from(row.open(tx).await?)?);
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

/// Seals versions that still stand in clear; says how many of at most `limit`.
pub async fn seal_clear(tx: &mut Tx, workspace: &WorkspaceId, limit: u32) -> Result<usize> {
    let rows: Vec<(String, Json<Value>, Json<Value>)> = on!(tx, c => sqlx::query_as(
        "SELECT id, reasons, interface FROM versions WHERE workspace_id = $1 AND sealed IS NULL LIMIT $2",
    )
    .bind(workspace.as_str())
    .bind(i64::from(limit))
    .fetch_all(c)
    .await)?;
    let sealer = tx.sealer(workspace).await?;
    for (id, reasons, interface) in &rows {
        let sealed = seal(&sealer, id, &Said { reasons: &reasons.0, interface: &interface.0 })?;
        execute!(
            tx,
            sqlx::query(
                "UPDATE versions SET sealed = $2, reasons = '[]', interface = '{}'
                 WHERE id = $1 AND sealed IS NULL",
            )
            .bind(id)
            .bind(sealed)
        )?;
    }
    Ok(rows.len())
}

fn seal(sealer: &Sealer, id: &str, said: &impl Serialize) -> Result<Vec<u8>> {
    let text = serde_json::to_vec(said).map_err(lies(TABLE, COLUMN, id))?;
    Ok(sealer.seal(TABLE, COLUMN, id, &text))
}

async fn open(tx: &mut ReadTx, workspace: &str, id: &str, sealed: &[u8]) -> Result<Opened> {
    let text = tx.open(&Place { workspace, table: TABLE, column: COLUMN, row: id }, sealed).await?;
    serde_json::from_slice(&text).map_err(lies(TABLE, COLUMN, id))
}

impl VersionRow {
    /// The row with its sealed part in the columns where older rows have it.
    async fn open(mut self, tx: &mut ReadTx) -> Result<Self> {
        if let Some(sealed) = self.sealed.take() {
            if self.reasons.0 != Value::Array(Vec::new()) || self.interface.0 != Value::Object(Map::new()) {
                return Err(StoreError::Corrupt { table: TABLE, column: "interface", row: self.id });
            }
            let opened = open(tx, &self.workspace_id, &self.id, &sealed).await?;
            (self.reasons, self.interface) = (Json(opened.reasons), Json(opened.interface));
        }
        Ok(self)
    }
}

impl PastVersionRow {
    /// The row with its sealed part in the column where older rows have it.
    async fn open(mut self, tx: &mut ReadTx) -> Result<Self> {
        if let Some(sealed) = self.sealed.take() {
            self.interface = Json(open(tx, &self.workspace_id, &self.id, &sealed).await?.interface);
        }
        Ok(self)
    }
}

impl TryFrom<VersionRow> for Version {
    type Error = StoreError;

    fn try_from(row: VersionRow) -> Result<Self> {
        let id = row.id;
        let number = VersionNumber::parse(&row.version).map_err(lies("versions", "version", &id))?;
        if row.sort_key != sort_key(&number) {
            return Err(StoreError::Corrupt { table: TABLE, column: "sort_key", row: id });
        }
        let origin = row.origin.map(|json| from_json(json.0, "versions", "origin", &id)).transpose()?;
        Ok(Self {
            number,
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
