//! Invitations, and links to a new password.

use promptsync_api::{
    invitations::{CreateReset, CreatedLink, Invitation, Invite},
    page::Page,
};

use crate::{
    app::{invitations, pages::Paging, resets},
    endpoint::Call,
    http::reply::{Answer, Reply},
    input::{Json, Nothing, Query},
    subjects::Anywhere,
};

/// Lists the invitations that wait.
pub(crate) async fn list(call: Call, Query(paging): Query<Paging>) -> Answer<Page<Invitation>> {
    invitations::list(&call, &paging).await.map(Reply::ok)
}

/// Makes an invitation.
pub(crate) async fn create(call: Anywhere, Json(request): Json<Invite>) -> Answer<CreatedLink> {
    let created = invitations::create(&call, &request).await?;
    let location = format!("/api/invitations/{}", created.invitation.id);
    Ok(Reply::ok(created).created(location))
}

/// Withdraws an invitation.
pub(crate) async fn withdraw(call: Call, _: Nothing) -> Answer<()> {
    invitations::withdraw(&call, call.segment("id")).await?;
    Ok(Reply::nothing())
}

/// Makes a link to a new password.
pub(crate) async fn reset(call: Call, Json(request): Json<CreateReset>) -> Answer<CreatedLink> {
    resets::create(&call, &request).await.map(Reply::ok)
}
