//! Projects and their modules.

use std::collections::BTreeSet;

use promptsync_api::{
    error::{NAME_EXISTS, PROJECT_NOT_FOUND, PROJECT_REQUIRED},
    page::Page,
    projects::{CreateProject, Module, Project},
};
use promptsync_core::{
    access::{Object, Permission, Scope, sees},
    digest::Digest,
    ids::ProjectId,
    names::{ProjectName, PromptName},
};
use promptsync_store::{OnUnique as _, Tx, modules, projects};
use serde_json::{Map, json};

use super::{
    App,
    change::{Deed, Kept},
    pages::{self, Paging},
};
use crate::{
    delivery::Need,
    endpoint::{Call, InProject},
    http::error::ApiError,
};

/// The project a request is about.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// Its id.
    pub(crate) id: ProjectId,
    /// Its name.
    pub(crate) name: ProjectName,
}

/// Finds the project of a call: named in the path, in the query, or by the key. What the key does not open does
/// not exist.
pub(crate) async fn of_call(call: &Call) -> Result<Found, ApiError> {
    let asked = match call.segment("project") {
        "" => form_urlencoded::parse(call.query.as_bytes())
            .find(|(name, _)| name == "project")
            .map(|(_, value)| value.into_owned()),
        named => Some(named.to_owned()),
    };
    let found = match (&asked, &call.caller.project) {
        (Some(name), _) => match ProjectName::parse(name) {
            Ok(name) => {
                let known = call.app.delivered(&call.caller.workspace, Need::Names).await?;
                let id = known.view.names.get(&name).cloned();
                id.map(|id| Found { id, name })
            }
            Err(_) => None,
        },
        (None, Some((id, name))) => Some(Found { id: id.clone(), name: name.clone() }),
        (None, None) => {
            return Err(ApiError::new(PROJECT_REQUIRED, "this key opens every project of its workspace")
                .hint("add ?project=NAME, or use a key that belongs to one project"));
        }
    };
    found.filter(|project| sees(&call.caller.principal, &project.id)).ok_or_else(not_found)
}

fn not_found() -> ApiError {
    ApiError::new(PROJECT_NOT_FOUND, "no such project, or this key does not open it")
}

/// The projects a caller may see.
pub(crate) async fn list(call: &Call, paging: &Paging) -> Result<Page<Project>, ApiError> {
    let (app, workspace) = (&call.app, &call.caller.workspace);
    let list = format!("projects:{workspace}");
    let request = paging.request(app, &list)?;
    let mut tx = app.db.begin_read(workspace).await?;
    if call.caller.can(Permission::Read, Object::workspace(workspace)) {
        let page = projects::list(&mut tx, workspace, &request).await?;
        return Ok(pages::answer(app, &list, page, view));
    }
    // Somebody is given few projects by name: they come in one page.
    let readable = call.caller.principal.grants.iter().filter(|grant| {
        grant.permissions.contains(Permission::Read) && !matches!(grant.scope, Scope::Environment(..))
    });
    let ids: BTreeSet<&ProjectId> = readable.filter_map(|grant| grant.scope.in_project()).collect();
    let mut found = Vec::new();
    for id in ids {
        found.extend(projects::by_id(&mut tx, workspace, id).await?);
    }
    found.sort_by_key(|project| project.name.folded());
    Ok(Page { items: found.into_iter().map(view).collect(), next_cursor: None })
}

/// One project.
pub(crate) async fn get(call: &Call, project: &Found) -> Result<Project, ApiError> {
    let mut tx = call.app.db.begin_read(&call.caller.workspace).await?;
    let found = projects::by_id(&mut tx, &call.caller.workspace, &project.id).await?;
    found.map(view).ok_or_else(not_found)
}

/// The modules of a project.
pub(crate) async fn modules(call: &InProject) -> Result<Page<Module>, ApiError> {
    let mut tx = call.app.db.begin_read(&call.caller.workspace).await?;
    let found = modules::list(&mut tx, &call.project.id).await?;
    let readable = found.into_iter().filter(|module| call.can_in_module(Permission::Read, &module.path));
    let items = readable.map(|module| Module { path: module.path, prompt_count: module.prompt_count });
    Ok(Page { items: items.collect(), next_cursor: None })
}

/// Creates a project.
pub(crate) async fn create(call: &Call, request: CreateProject) -> Result<Project, ApiError> {
    let mut tx = call.app.db.begin_write(&call.caller.workspace).await?;
    let project = insert(&call.app, &mut tx, call, &request).await?;
    let deed = Deed {
        action: "project.create",
        target: format!("project:{}", project.name),
        after: Some(Digest::of(request.description.as_bytes())),
        details: Map::from_iter([("name".to_owned(), json!(project.name))]),
        ..Deed::default()
    };
    let answer = view(project);
    call.change.commit(&call.app, tx, deed, Kept::Answer(201, &answer)).await?;
    Ok(answer)
}

async fn insert(
    app: &App,
    tx: &mut Tx,
    call: &Call,
    request: &CreateProject,
) -> Result<projects::Project, ApiError> {
    let name = ProjectName::parse(&request.name)?;
    let project = projects::Project {
        id: ProjectId::new(app.ids.next()),
        workspace: call.caller.workspace.clone(),
        name,
        description: request.description.clone(),
        created_at: app.clock.now(),
        prompt_count: 0,
    };
    projects::insert(tx, &project)
        .await
        .on_unique(|| ApiError::new(NAME_EXISTS, format!("a project named `{}` exists", project.name)))?;
    Ok(project)
}

fn view(project: projects::Project) -> Project {
    Project {
        name: project.name,
        description: project.description,
        created_at: project.created_at,
        prompt_count: project.prompt_count,
    }
}

/// A prompt's name from a path: one that cannot be a name names nothing.
pub(crate) fn prompt_name(text: &str) -> Result<PromptName, ApiError> {
    PromptName::parse(text).map_err(|_| {
        let shown: String = text.chars().take(80).collect();
        ApiError::new(
            promptsync_api::error::PROMPT_NOT_FOUND,
            format!("no prompt is named `{}`", shown.escape_debug()),
        )
    })
}
