//! Signing in and out: what pages and programs send before they are known.

use promptsync_api::sign_in::{
    AcceptInvitation, Link, LinkQuestion, Login, Refresh, ResetPassword, SetUp, SignInOptions, SignedIn,
};

use crate::{
    app::{invitations, login, resets, sessions, set_up},
    endpoint::Visit,
    http::{
        origin,
        reply::{Answer, Reply},
    },
    input::{Json, MaybeJson, Nothing},
};

/// What the sign-in page offers.
pub(crate) async fn options(visit: Visit, _: Nothing) -> Answer<SignInOptions> {
    login::options(&visit).await.map(Reply::ok)
}

/// Signs in with a password.
pub(crate) async fn password(visit: Visit, Json(request): Json<Login>) -> Answer<SignedIn> {
    login::with_password(&visit, request).await.map(sessions::Tokens::reply)
}

/// Makes the first user.
pub(crate) async fn set_up(visit: Visit, Json(request): Json<SetUp>) -> Answer<SignedIn> {
    set_up::set_up(&visit, request).await.map(sessions::Tokens::reply)
}

/// Says what a one-time link is for.
pub(crate) async fn link(visit: Visit, Json(request): Json<LinkQuestion>) -> Answer<Link> {
    invitations::look(&visit, &request).await.map(Reply::ok)
}

/// Accepts an invitation.
pub(crate) async fn invitation(visit: Visit, Json(request): Json<AcceptInvitation>) -> Answer<SignedIn> {
    invitations::accept(&visit, request).await.map(sessions::Tokens::reply)
}

/// Sets a new password with a link.
pub(crate) async fn reset(visit: Visit, Json(request): Json<ResetPassword>) -> Answer<SignedIn> {
    resets::reset(&visit, request).await.map(sessions::Tokens::reply)
}

/// Renews a session: by the token in the body, else by the cookie.
pub(crate) async fn refresh(visit: Visit, MaybeJson(request): MaybeJson<Refresh>) -> Answer<SignedIn> {
    let token = sent_token(&visit, request.refresh_token)?;
    sessions::renew(&visit, &token, request.workspace.as_deref()).await.map(sessions::Tokens::reply)
}

/// Ends a session: by the token in the body, else by the cookie.
pub(crate) async fn sign_out(visit: Visit, MaybeJson(request): MaybeJson<Refresh>) -> Answer<()> {
    let token = sent_token(&visit, request.refresh_token)?;
    sessions::sign_out(&visit, &token).await?;
    Ok(Reply::nothing().cookie(origin::drop_session()))
}

/// A cookie is only taken from this server's own pages; a token in the body is sent by whoever has it.
fn sent_token(visit: &Visit, body: Option<String>) -> Result<String, crate::http::error::ApiError> {
    if let Some(token) = body {
        return Ok(token);
    }
    origin::require_own_page(&visit.headers, &visit.app.config.public_url)?;
    Ok(origin::session_cookie(&visit.headers).unwrap_or_default())
}
