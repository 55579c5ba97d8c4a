//! Releases: numbered manifests of a project, never changed.

use promptsync_core::{
    audit::Actor,
    ids::{ProjectId, ReleaseId},
    time::Timestamp,
    versions::VersionNumber,
};
use serde_json::Value;
use sqlx::{QueryBuilder, types::Json};

use crate::{
    conn::{ReadTx, Tx, execute, on},
    entries::{self, Manifest},
    error::{Result, StoreError},
    page::{Page, PageRequest},
    rows::{CHUNK, from_json, lies},
    sort_key::sort_key,
};

/// A release, without its manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    /// Its id.
    pub id: ReleaseId,
    /// Its project.
    pub project: ProjectId,
    /// Its own version.
    pub version: VersionNumber,
    /// How many prompts it names; [`insert`] counts the manifest instead.
    pub prompt_count: i64,
    /// What changed.
    pub changelog: Option<String>,
    /// Who made it.
    pub author: Actor,
    /// The commit it was pushed from.
    pub git_commit: Option<String>,
    /// When.
    pub created_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct ReleaseRow {
    id: String,
    project_id: String,
    version: String,
    prompt_count: i64,
    changelog: Option<String>,
    author: Json<Value>,
    git_commit: Option<String>,
    created_at: Timestamp,
}

/// Creates a release of versions that exist. The unique rule is its number in its project.
pub async fn insert(tx: &mut Tx, release: &Release, manifest: &Manifest) -> Result<()> {
    let wanted: Vec<_> = manifest.iter().collect();
    let found = entries::ids(tx, &release.project, &wanted).await?;
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO releases (id, project_id, version, sort_key, prompt_count, changelog, author, git_commit,
                                   created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(release.id.as_str())
        .bind(release.project.as_str())
        .bind(release.version.to_string())
        .bind(sort_key(&release.version))
        .bind(i64::try_from(manifest.len()).unwrap_or(i64::MAX))
        .bind(release.changelog.as_deref())
        .bind(Json(&release.author))
        .bind(release.git_commit.as_deref())
        .bind(release.created_at)
    )?;
    for chunk in found.chunks(CHUNK) {
        execute!(
            tx,
            QueryBuilder::new("INSERT INTO release_entries (release_id, prompt_id, version_id) ")
                .push_values(chunk, |mut row, entry| {
                    row.push_bind(release.id.as_str())
                        .push_bind(&entry.prompt_id)
                        .push_bind(&entry.version_id);
                })
                .build()
                .persistent(chunk.len() == 1)
        )?;
    }
    Ok(())
}

/// The release with that number.
pub async fn get(tx: &mut ReadTx, project: &ProjectId, version: &VersionNumber) -> Result<Option<Release>> {
    let row: Option<ReleaseRow> = on!(tx, c => sqlx::query_as(
        "SELECT id, project_id, version, prompt_count, changelog, author, git_commit, created_at
         FROM releases
         WHERE project_id = $1 AND version = $2",
    )
    .bind(project.as_str())
    .bind(version.to_string())
    .fetch_optional(c)
    .await)?;
    row.map(Release::try_from).transpose()
}

/// The release with the highest number.
pub async fn newest(tx: &mut ReadTx, project: &ProjectId) -> Result<Option<Release>> {
    Ok(list(tx, project, &PageRequest::first(1)).await?.items.into_iter().next())
}

/// The project's releases, newest first by semantic versioning.
pub async fn list(tx: &mut ReadTx, project: &ProjectId, page: &PageRequest) -> Result<Page<Release>> {
    // Longer than any key, so that it sorts after all of them.
    let before = page.after::<VersionNumber>()?.map_or(vec![0xff; 26], |number| sort_key(&number));
    let rows: Vec<ReleaseRow> = on!(tx, c => sqlx::query_as(
        "SELECT id, project_id, version, prompt_count, changelog, author, git_commit, created_at
         FROM releases
         WHERE project_id = $1 AND sort_key < $2
         ORDER BY sort_key DESC
         LIMIT $3",
    )
    .bind(project.as_str())
    .bind(before)
    .bind(page.rows())
    .fetch_all(c)
    .await)?;
    page.page(rows, |release: &Release| release.version.to_string())
}

/// The numbers of all the project's releases, lowest first.
pub async fn numbers(tx: &mut ReadTx, project: &ProjectId) -> Result<Vec<VersionNumber>> {
    let numbers: Vec<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT version FROM releases WHERE project_id = $1 ORDER BY sort_key",
    )
    .bind(project.as_str())
    .fetch_all(c)
    .await)?;
    numbers
        .iter()
        .map(|number| VersionNumber::parse(number).map_err(lies("releases", "version", number)))
        .collect()
}

/// What a release names.
pub async fn manifest(tx: &mut ReadTx, release: &ReleaseId) -> Result<Manifest> {
    let rows: Vec<(String, String)> = on!(tx, c => sqlx::query_as(
        "SELECT prompts.name, versions.version
         FROM release_entries
         JOIN prompts ON prompts.id = release_entries.prompt_id
         JOIN versions ON versions.id = release_entries.version_id
         WHERE release_entries.release_id = $1",
    )
    .bind(release.as_str())
    .fetch_all(c)
    .await)?;
    entries::manifest(rows, "release_entries", release.as_str())
}

impl TryFrom<ReleaseRow> for Release {
    type Error = StoreError;

    fn try_from(row: ReleaseRow) -> Result<Self> {
        let id = row.id;
        Ok(Self {
            version: VersionNumber::parse(&row.version).map_err(lies("releases", "version", &id))?,
            author: from_json(row.author.0, "releases", "author", &id)?,
            id: ReleaseId::new(id),
            project: ProjectId::new(row.project_id),
            prompt_count: row.prompt_count,
            changelog: row.changelog,
            git_commit: row.git_commit,
            created_at: row.created_at,
        })
    }
}
