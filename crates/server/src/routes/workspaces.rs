//! Workspaces.

use promptsync_api::{
    page::Page,
    workspaces::{NameWorkspace, Workspace},
};

use crate::{
    app::workspaces,
    endpoint::Call,
    http::reply::{Answer, Reply},
    input::{Json, Nothing},
    subjects::{Anywhere, Operator},
};

/// Lists the workspaces the caller belongs to.
pub(crate) async fn list(call: Anywhere, _: Nothing) -> Answer<Page<Workspace>> {
    workspaces::list(&call).await.map(Reply::ok)
}

/// Makes a workspace.
pub(crate) async fn create(call: Operator, Json(request): Json<NameWorkspace>) -> Answer<Workspace> {
    let workspace = workspaces::create(&call, request).await?;
    let location = format!("/api/workspaces/{}", workspace.id);
    Ok(Reply::ok(workspace).created(location))
}

/// Gives the caller's workspace another name.
pub(crate) async fn rename(call: Call, Json(request): Json<NameWorkspace>) -> Answer<Workspace> {
    workspaces::rename(&call, call.segment("workspace"), request).await.map(Reply::ok)
}
