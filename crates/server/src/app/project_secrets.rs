//! Which secrets a project's prompts may ask for.
//!
//! A pattern opens a connector of the workspace to a project, so whoever sets one needs the permission for the workspace:
//! an admin of one project could otherwise read what belongs to another.

use promptsync_api::{
    connectors::{AllowSecret, AllowedSecret},
    error::SECRET_NOT_FOUND,
    page::Page,
};
use promptsync_core::{
    access::{Object, Permission},
    names::ProjectName,
    problem::Problem,
    secrets::{SecretPattern, SecretRefError},
};
use promptsync_store::project_secrets::{self, ProjectSecret};
use serde_json::{Map, json};

use super::{
    change::{Deed, Kept},
    connectors,
};
use crate::{
    endpoint::{InProject, denied},
    http::error::ApiError,
};

/// What the project may use.
pub(crate) async fn list(call: &InProject) -> Result<Page<AllowedSecret>, ApiError> {
    let mut tx = call.app.db.begin_read(&call.caller.workspace).await?;
    let rows = project_secrets::list(&mut tx, &call.caller.workspace, &call.project.id).await?;
    let items = rows.into_iter().map(|row| view(&call.project.name, row)).collect();
    Ok(Page { items, next_cursor: None })
}

/// Allows a pattern, or changes where its secrets come from.
pub(crate) async fn allow(call: &InProject, request: AllowSecret) -> Result<AllowedSecret, ApiError> {
    may(call)?;
    let pattern = pattern(&request.pattern)?;
    let workspace = &call.caller.workspace;
    let mut tx = call.app.db.begin_write(workspace).await?;
    tx.revision(workspace).await?;
    let connector = connectors::existing(&mut tx, call, &request.connector).await?;
    let row = ProjectSecret {
        pattern,
        connector: connector.id,
        connector_name: connector.name,
        created_at: call.app.clock.now(),
    };
    project_secrets::set(&mut tx, workspace, &call.project.id, &row).await?;
    let deed = Deed {
        details: Map::from_iter([("connector".to_owned(), json!(row.connector_name))]),
        ..deed("secret.allow", &row.pattern)
    };
    let answer = view(&call.project.name, row);
    call.change.commit(&call.app, tx, deed, Kept::Answer(200, &answer)).await?;
    Ok(answer)
}

/// Allows a pattern no more.
pub(crate) async fn remove(call: &InProject, text: &str) -> Result<(), ApiError> {
    may(call)?;
    let pattern = pattern(text)?;
    let workspace = &call.caller.workspace;
    let mut tx = call.app.db.begin_write(workspace).await?;
    if !project_secrets::delete(&mut tx, workspace, &call.project.id, &pattern).await? {
        let detail = format!("the project `{}` has no pattern `{pattern}`", call.project.name);
        return Err(ApiError::new(SECRET_NOT_FOUND, detail));
    }
    let deed = deed("secret.remove", &pattern);
    call.change.commit(&call.app, tx, deed, Kept::Answer(204, &())).await?;
    Ok(())
}

fn may(call: &InProject) -> Result<(), ApiError> {
    let workspace = Object::workspace(&call.caller.workspace);
    if call.caller.can(Permission::ManageSecrets, workspace) {
        return Ok(());
    }
    Err(denied(Permission::ManageSecrets)
        .hint("it is needed for the workspace: a pattern opens one of its connectors to the project"))
}

fn pattern(text: &str) -> Result<SecretPattern, ApiError> {
    SecretPattern::parse(text).map_err(|refused| {
        ApiError::of(Problem::new(SecretRefError::CODE, refused.to_string()).at_path("pattern"))
    })
}

fn deed(action: &'static str, pattern: &SecretPattern) -> Deed {
    Deed { action, target: format!("secret:{pattern}"), ..Deed::default() }
}

fn view(project: &ProjectName, row: ProjectSecret) -> AllowedSecret {
    AllowedSecret {
        project: project.clone(),
        pattern: row.pattern,
        connector: row.connector_name,
        created_at: row.created_at,
    }
}
