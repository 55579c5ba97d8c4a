//! The caller's own sessions and password.

use promptsync_api::sign_in::{ChangePassword, Session};

use crate::{
    app::{resets, sessions},
    http::reply::{Answer, Reply},
    input::{Json, Nothing},
    subjects::Myself,
};

/// Lists one's own sessions.
pub(crate) async fn list(call: Myself, _: Nothing) -> Answer<Vec<Session>> {
    sessions::list(&call).await.map(Reply::ok)
}

/// Ends one of one's own sessions.
pub(crate) async fn revoke(call: Myself, _: Nothing) -> Answer<()> {
    sessions::revoke(&call, call.segment("id")).await?;
    Ok(Reply::nothing())
}

/// Changes one's own password.
pub(crate) async fn password(call: Myself, Json(request): Json<ChangePassword>) -> Answer<()> {
    resets::change(&call, &request).await?;
    Ok(Reply::nothing())
}
