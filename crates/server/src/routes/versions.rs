//! Versions of a prompt.

use promptsync_api::{
    page::Page,
    versions::{ArchiveVersion, LockVersion, VersionSummary},
};

use crate::{
    app::{locks, pages::Paging, versions},
    http::reply::{Answer, Reply},
    input::{MaybeJson, Nothing, Query},
    subjects::OnPrompt,
};

/// Lists the versions of a prompt, newest first.
pub(crate) async fn list(call: OnPrompt, Query(paging): Query<Paging>) -> Answer<Page<VersionSummary>> {
    versions::list(&call, call.segment("name"), &paging).await.map(Reply::ok)
}

/// Shows a version.
pub(crate) async fn get(call: OnPrompt, _: Nothing) -> Answer<VersionSummary> {
    versions::get(&call, call.segment("name"), call.segment("version")).await.map(Reply::ok)
}

/// Takes a version out of use.
pub(crate) async fn archive(
    call: OnPrompt,
    MaybeJson(request): MaybeJson<ArchiveVersion>,
) -> Answer<VersionSummary> {
    versions::archive(&call, call.segment("name"), call.segment("version"), request).await.map(Reply::ok)
}

/// Puts an archived version back into use.
pub(crate) async fn restore(
    call: OnPrompt,
    MaybeJson(request): MaybeJson<ArchiveVersion>,
) -> Answer<VersionSummary> {
    versions::restore(&call, call.segment("name"), call.segment("version"), request).await.map(Reply::ok)
}

/// Locks a version.
pub(crate) async fn lock(
    call: OnPrompt,
    MaybeJson(request): MaybeJson<LockVersion>,
) -> Answer<VersionSummary> {
    locks::lock(&call, call.segment("name"), call.segment("version"), request).await.map(Reply::ok)
}
