//! Rendering.

use promptsync_api::render::{RenderPrompt, RenderedPrompt};

use crate::{
    app::render,
    http::reply::{Answer, Reply},
    input::Json,
    subjects::OnReference,
};

/// Renders a prompt with the caller's values.
pub(crate) async fn render(call: OnReference, Json(request): Json<RenderPrompt>) -> Answer<RenderedPrompt> {
    let (name, reference) = (call.segment("name"), call.segment("version_or_alias"));
    render::render(&call, name, reference, request).await.map(Reply::ok)
}
