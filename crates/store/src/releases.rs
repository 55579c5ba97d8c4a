//! Releases: numbered manifests of a project, never changed.

use std::collections::BTreeSet;

use promptsync_core::{
    audit::Actor,
    digest::Digest,
    ids::{ProjectId, PromptId, ReleaseId},
    names::PromptName,
    time::Timestamp,
    versions::VersionNumber,
};
use serde_json::Value;
use sqlx::{QueryBuilder, types::Json};

use crate::{
    conn::{ReadTx, Tx, insert, on},
    entries::{self, EntryIds, Manifest},
    error::{Result, StoreError},
    page::{Page, PageRequest},
    release_entries,
    rows::{CHUNK, from_json, lies, push_list},
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

#[derive(sqlx::FromRow)]
struct NewestRow {
    #[sqlx(flatten)]
    release: ReleaseRow,
    prompt: Option<String>,
    named: Option<String>,
}

/// Creates a release of versions that exist: `newest`, the one with the highest number so far, with these changes. A
/// release names every prompt that the one before it does. The unique rule is its number in its project.
pub async fn insert(
    tx: &mut Tx,
    release: Release,
    newest: Option<&Release>,
    changes: &[EntryIds],
) -> Result<Release> {
    let is_next = newest.is_none_or(|newest| sort_key(&newest.version) < sort_key(&release.version));
    let release = Release { is_whole: !is_next, ..release };
    insert!(
        tx,
        "INSERT INTO releases (id, project_id, version, sort_key, prompt_count, fingerprint, is_whole, changelog,
                               author, git_commit, created_at) ",
        std::slice::from_ref(&release),
        |row, release| {
            row.push_bind(release.id.as_str())
                .push_bind(release.project.as_str())
                .push_bind(release.version.to_string())
                .push_bind(sort_key(&release.version))
                .push_bind(release.prompt_count)
                .push_bind(release.fingerprint.as_ref().map(Digest::as_str))
                .push_bind(release.is_whole)
                .push_bind(release.changelog.as_deref())
                .push_bind(Json(&release.author))
                .push_bind(release.git_commit.as_deref())
                .push_bind(release.created_at)
        }
    );
    match newest {
        // Changes need something to be changes of: the row before them, or a whole manifest repeated once.
        Some(newest) if release.is_whole || newest.is_whole => {
            let standing = manifest(tx, newest).await?;
            let mut named = entries::ids(tx, &release.project, &standing.iter().collect::<Vec<_>>()).await?;
            let changed: BTreeSet<&PromptId> = changes.iter().map(|entry| &entry.prompt).collect();
            named.retain(|entry| !changed.contains(&entry.prompt));
            named.extend_from_slice(changes);
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

/// The release with the highest number, and which version it names of each of these prompts that it names.
pub async fn newest_with(
    tx: &mut ReadTx,
    project: &ProjectId,
    prompts: &[PromptName],
) -> Result<Option<(Release, Manifest)>> {
    let mut newest = None;
    let mut named = Vec::new();
    for chunk in prompts.chunks(CHUNK) {
        let rows: Vec<NewestRow> = on!(tx, c => {
            let mut query = QueryBuilder::new(
                "SELECT newest.*, prompts.name AS prompt, versions.version AS named
                 FROM (SELECT id, project_id, version, sort_key, prompt_count, fingerprint, is_whole, changelog, author,
                              git_commit, created_at
                       FROM releases
                       WHERE project_id = ",
            );
            query.push_bind(project.as_str()).push(
                " ORDER BY sort_key DESC LIMIT 1) AS newest
                 LEFT JOIN prompts ON prompts.project_id = newest.project_id AND prompts.folded_name IN",
            );
            push_list(&mut query, chunk.iter().map(PromptName::folded));
            query.push(
                " LEFT JOIN versions ON versions.id = COALESCE(
                      (SELECT release_entries.version_id FROM release_entries
                       WHERE release_entries.release_id = newest.id AND release_entries.prompt_id = prompts.id),
                      (SELECT release_changes.version_id FROM release_changes
                       WHERE release_changes.prompt_id = prompts.id AND NOT newest.is_whole
                         AND release_changes.sort_key <= newest.sort_key
                       ORDER BY release_changes.sort_key DESC LIMIT 1))",
            );
            query.build_query_as().persistent(chunk.len() == 1).fetch_all(c).await
        })?;
        for row in rows {
            named.extend(row.prompt.zip(row.named));
            newest = Some(row.release);
        }
    }
    let Some(newest) = newest else { return Ok(None) };
    let named = entries::manifest(named, "release_entries", &newest.id)?;
    Ok(Some((Release::try_from(newest)?, named)))
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
