//! Pushing.

use hyper::StatusCode;
use promptsync_api::{
    prompts::PublishPrompt,
    push::{Push, PushResult},
};

use crate::{
    app::push,
    http::reply::{Answer, Reply},
    input::{Folder, Json},
    subjects::WithinProject,
};

/// Pushes a folder.
pub(crate) async fn folder(call: WithinProject, request: Folder<Push>) -> Answer<PushResult> {
    push::folder(&call, request).await.map(Reply::ok)
}

/// Publishes one prompt.
pub(crate) async fn one(call: WithinProject, Json(request): Json<PublishPrompt>) -> Answer<PushResult> {
    let (result, created) = push::one(&call, request).await?;
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    Ok(Reply::ok(result).status(status))
}
