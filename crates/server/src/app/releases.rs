//! Releases: numbered manifests of a project.

use promptsync_api::{
    error::{ALIAS_NOT_FOUND, RELEASE_NOT_FOUND},
    page::Page,
    releases::{Release, ReleaseSummary},
};
use promptsync_core::{names::AliasName, references::Selector};
use promptsync_store::{PageRequest, ReadTx, aliases, releases};

use super::{
    pages::{self, Paging},
    projects::Found,
    resolve,
};
use crate::{endpoint::InProject, http::error::ApiError};

/// The project's releases, newest first.
pub(crate) async fn list(call: &InProject, paging: &Paging) -> Result<Page<ReleaseSummary>, ApiError> {
    let mut tx = call.app.db.begin_read(&call.caller.workspace).await?;
    let list = format!("releases:{}", call.project.id);
    let page = releases::list(&mut tx, &call.project.id, &paging.request(&call.app, &list)?).await?;
    Ok(pages::answer(&call.app, &list, page, |release| ReleaseSummary {
        version: release.version,
        prompt_count: release.prompt_count,
        changelog: release.changelog,
        author: release.author,
        git_commit: release.git_commit,
        created_at: release.created_at,
    }))
}

/// One release: by its number, a range, `latest`, or the alias that stands on it.
pub(crate) async fn get(call: &InProject, reference: &str) -> Result<Release, ApiError> {
    let selector = resolve::reference(reference)?.selector;
    let mut tx = call.app.db.begin_read(&call.caller.workspace).await?;
    let found = find(&mut tx, &call.project, &selector).await?;
    let manifest = releases::manifest(&mut tx, &found).await?;
    Ok(Release {
        version: found.version,
        manifest,
        changelog: found.changelog,
        author: found.author,
        git_commit: found.git_commit,
        created_at: found.created_at,
    })
}

/// The release a selector names.
pub(crate) async fn find(
    tx: &mut ReadTx,
    project: &Found,
    selector: &Selector,
) -> Result<releases::Release, ApiError> {
    let found = match selector {
        Selector::Exact(number) => releases::get(tx, &project.id, number).await?,
        Selector::Latest => releases::newest(tx, &project.id).await?,
        Selector::Range(range) => {
            let numbers = releases::numbers(tx, &project.id).await?;
            match numbers.into_iter().rfind(|number| range.matches(number)) {
                Some(number) => releases::get(tx, &project.id, &number).await?,
                None => None,
            }
        }
        Selector::Alias(name) => of_alias(tx, project, name).await?,
        Selector::Commit(commit) => of_commit(tx, project, commit).await?,
        Selector::Digest(_) => None,
    };
    found.ok_or_else(|| {
        ApiError::new(RELEASE_NOT_FOUND, format!("no release of `{}` is named {selector}", project.name))
            .hint("`promptsync release list` shows them; to name one prompt's version, name the prompt too")
    })
}

async fn of_alias(
    tx: &mut ReadTx,
    project: &Found,
    name: &AliasName,
) -> Result<Option<releases::Release>, ApiError> {
    let alias = aliases::by_name(tx, &project.id, name).await?;
    let alias = alias.ok_or_else(|| ApiError::new(ALIAS_NOT_FOUND, format!("no alias is named `{name}`")))?;
    let Some(number) = alias.release else {
        return Err(ApiError::new(
            RELEASE_NOT_FOUND,
            format!("`{name}` stands on no release: single prompts were moved"),
        )
        .hint("push with the alias, or set it to a release"));
    };
    Ok(releases::get(tx, &project.id, &number).await?)
}

/// The newest release pushed from a commit. Releases of one commit are few and recent, so pages are walked.
async fn of_commit(
    tx: &mut ReadTx,
    project: &Found,
    commit: &str,
) -> Result<Option<releases::Release>, ApiError> {
    let mut request = PageRequest::first(200);
    loop {
        let page = releases::list(tx, &project.id, &request).await?;
        let same = |release: &releases::Release| {
            release.git_commit.as_deref().is_some_and(|known| {
                let length = known.len().min(commit.len());
                length >= 7
                    && known.get(..length).is_some_and(|start| start.eq_ignore_ascii_case(&commit[..length]))
            })
        };
        if let Some(found) = page.items.into_iter().find(same) {
            return Ok(Some(found));
        }
        match page.next {
            Some(next) => request.after = Some(next),
            None => return Ok(None),
        }
    }
}
