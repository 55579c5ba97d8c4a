//! Roles.

use promptsync_api::{
    page::Page,
    roles::{CreateRole, EditRole, Role},
};

use crate::{
    app::{pages::Paging, roles},
    endpoint::Call,
    http::reply::{Answer, Reply},
    input::{Json, Nothing, Query},
    subjects::Anywhere,
};

/// Lists the roles that can be given.
pub(crate) async fn list(call: Anywhere, Query(paging): Query<Paging>) -> Answer<Page<Role>> {
    roles::list(&call, &paging).await.map(Reply::ok)
}

/// Defines a role.
pub(crate) async fn create(call: Call, Json(request): Json<CreateRole>) -> Answer<Role> {
    let role = roles::create(&call, request).await?;
    let location = format!("/api/roles/{}", role.name);
    Ok(Reply::ok(role).created(location))
}

/// Changes a role wherever it was given.
pub(crate) async fn edit(call: Call, Json(request): Json<EditRole>) -> Answer<Role> {
    roles::edit(&call, call.segment("role"), request).await.map(Reply::ok)
}

/// Removes a role that nothing gives any more.
pub(crate) async fn remove(call: Call, _: Nothing) -> Answer<()> {
    roles::remove(&call, call.segment("role")).await?;
    Ok(Reply::nothing())
}
