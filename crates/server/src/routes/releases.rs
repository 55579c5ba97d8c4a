//! Releases.

use promptsync_api::{
    page::Page,
    releases::{Release, ReleaseSummary},
};

use crate::{
    app::{pages::Paging, releases},
    endpoint::InProject,
    http::reply::{Answer, Reply},
    input::{Nothing, Query},
};

/// Lists releases, newest first.
pub(crate) async fn list(call: InProject, Query(paging): Query<Paging>) -> Answer<Page<ReleaseSummary>> {
    releases::list(&call, &paging).await.map(Reply::ok)
}

/// Shows a release, by its number, `latest`, or the alias that stands on it.
pub(crate) async fn get(call: InProject, _: Nothing) -> Answer<Release> {
    releases::get(&call, call.segment("reference")).await.map(Reply::ok)
}
