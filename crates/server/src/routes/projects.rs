//! Projects.

use promptsync_api::{
    page::Page,
    projects::{CreateProject, Module, Project},
};

use crate::{
    app::{pages::Paging, projects},
    endpoint::Call,
    http::reply::{Answer, Reply},
    input::{Json, Nothing, Query},
    subjects::{WithinProject, WithinWorkspace},
};

/// Lists the projects the caller may see.
pub(crate) async fn list(call: WithinWorkspace, Query(paging): Query<Paging>) -> Answer<Page<Project>> {
    projects::list(&call, &paging).await.map(Reply::ok)
}

/// Creates a project.
pub(crate) async fn create(call: Call, Json(request): Json<CreateProject>) -> Answer<Project> {
    let project = projects::create(&call, request).await?;
    let location = format!("/api/projects/{}", project.name);
    Ok(Reply::ok(project).created(location))
}

/// Shows a project.
pub(crate) async fn get(call: WithinProject, _: Nothing) -> Answer<Project> {
    projects::get(&call, &call.project).await.map(Reply::ok)
}

/// Lists its modules.
pub(crate) async fn modules(call: WithinProject, _: Nothing) -> Answer<Page<Module>> {
    projects::modules(&call).await.map(Reply::ok)
}
