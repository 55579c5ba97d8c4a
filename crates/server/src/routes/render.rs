//! Rendering.

use promptsync_api::render::{RenderPrompt, RenderedPrompt, SecretsWish};
use promptsync_core::access::Permission;

use crate::{
    app::render,
    endpoint::{Subject as _, denied},
    http::reply::{Answer, Reply},
    input::Json,
    subjects::OnReference,
};

/// Renders a prompt with the caller's values.
pub(crate) async fn render(call: OnReference, Json(request): Json<RenderPrompt>) -> Answer<RenderedPrompt> {
    if request.secrets == SecretsWish::Resolve && !call.allows(Permission::UseSecrets).await? {
        return Err(denied(Permission::UseSecrets));
    }
    let (name, reference) = (call.segment("name"), call.segment("version_or_alias"));
    render::render(&call, name, reference, request).await.map(Reply::ok)
}
