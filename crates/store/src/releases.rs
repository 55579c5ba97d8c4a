//! Releases: numbered manifests of a project, never changed.

use promptsync_core::{
    audit::Actor,
    digest::Digest,
    ids::{ProjectId, ReleaseId},
    names::PromptName,
    time::Timestamp,
    versions::VersionNumber,
};
use serde_json::Value;
use sqlx::types::Json;

use crate::{
    conn::{ReadTx, Tx, execute, on},
    entries::Manifest,
    error::{Result, StoreError},
    page::{Page, PageRequest},
    release_entries,
    rows::{from_json, lies},
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
    /// How many prompts it names.
    pub prompt_count: i64,
    /// Digest of what it names, for the audit log: made from that of the release before it and what it changed. None
    /// of one that is older than such digests.
    pub fingerprint: Option<Digest>,
    /// Whether all it names is kept with it, and not only what it changed; [`insert`] decides.
    pub is_whole: bool,
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
    fingerprint: Option<String>,
    is_whole: bool,
    changelog: Option<String>,
    author: Json<Value>,
    git_commit: Option<String>,
    created_at: Timestamp,
}

/// Creates a release of versions that exist: `newest`, the one with the highest number so far, with these changes. A
/// release names every prompt that the one before it does. The unique rule is its number in its project.
pub async fn insert(
    tx: &mut Tx,
    release: Release,
    newest: Option<&Release>,
    changes: &Manifest,
) -> Result<Release> {
    let is_next = newest.is_none_or(|newest| sort_key(&newest.version) < sort_key(&release.version));
    let release = Release { is_whole: !is_next, ..release };
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO releases (id, project_id, version, sort_key, prompt_count, fingerprint, is_whole, changelog,
                                   author, git_commit, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(release.id.as_str())
        .bind(release.project.as_str())
        .bind(release.version.to_string())
        .bind(sort_key(&release.version))
        .bind(release.prompt_count)
        .bind(release.fingerprint.as_ref().map(Digest::as_str))
        .bind(release.is_whole)
        .bind(release.changelog.as_deref())
        .bind(Json(&release.author))
        .bind(release.git_commit.as_deref())
        .bind(release.created_at)
    )?;
    match newest {
        // Changes need something to be changes of: the row before them, or a whole manifest repeated once.
        Some(newest) if release.is_whole || newest.is_whole => {
            let mut named = manifest(tx, newest).await?;
            named.extend(changes.clone());
            release_entries::insert(tx, &release, &named).await?;
        }
        _ => release_entries::insert(tx, &release, changes).await?,
    }
    Ok(release)
}

/// The release with that number.
pub async fn get(tx: &mut ReadTx, project: &ProjectId, version: &VersionNumber) -> Result<Option<Release>> {
    let row: Option<ReleaseRow> = on!(tx, c => sqlx::query_as(
        "SELECT id, project_id, version, prompt_count, fingerprint, is_whole, changelog, author, git_commit, created_at
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
        "SELECT id, project_id, version, prompt_count, fingerprint, is_whole, changelog, author, git_commit, created_at
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
pub async fn manifest(tx: &mut ReadTx, release: &Release) -> Result<Manifest> {
    release_entries::all(tx, release).await
}

/// Which version a release names of each of these prompts that it names.
pub async fn entries(tx: &mut ReadTx, release: &Release, prompts: &[PromptName]) -> Result<Manifest> {
    release_entries::of_prompts(tx, release, prompts).await
}

impl TryFrom<ReleaseRow> for Release {
    type Error = StoreError;

    fn try_from(row: ReleaseRow) -> Result<Self> {
        let id = row.id;
        Ok(Self {
            version: VersionNumber::parse(&row.version).map_err(lies("releases", "version", &id))?,
            fingerprint: row
                .fingerprint
                .map(|text| Digest::parse(&text).map_err(lies("releases", "fingerprint", &id)))
                .transpose()?,
            is_whole: row.is_whole,
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
