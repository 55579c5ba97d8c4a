//! Bindings: roles given to people and teams.

use promptsync_api::{
    bindings::{Binding, GiveRole},
    page::Page,
};

use crate::{
    app::{bindings, pages::Paging},
    http::reply::{Answer, Reply},
    input::{Json, Nothing, Query},
    subjects::Anywhere,
};

/// Lists the roles that were given where the caller may give some.
pub(crate) async fn list(call: Anywhere, Query(paging): Query<Paging>) -> Answer<Page<Binding>> {
    bindings::list(&call, &paging).await.map(Reply::ok)
}

/// Gives a role.
pub(crate) async fn give(call: Anywhere, Json(request): Json<GiveRole>) -> Answer<Binding> {
    let binding = bindings::give(&call, request).await?;
    let location = format!("/api/bindings/{}", binding.id);
    Ok(Reply::ok(binding).created(location))
}

/// Takes a role away.
pub(crate) async fn take(call: Anywhere, _: Nothing) -> Answer<()> {
    bindings::take(&call, call.segment("id")).await?;
    Ok(Reply::nothing())
}
