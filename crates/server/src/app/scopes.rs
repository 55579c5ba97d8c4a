//! Where a role holds, as requests name it: nothing, a project, a module or an environment of it.

use promptsync_api::error::{INVALID, PROJECT_NOT_FOUND};
use promptsync_core::{
    access::Scope,
    ids::WorkspaceId,
    names::{AliasName, ModulePath, ProjectName},
    problem::Problem,
};
use promptsync_store::{ReadTx, projects};

use crate::http::error::ApiError;

/// A scope by the names in it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Named<'a> {
    /// The project; the whole workspace without one.
    pub(crate) project: Option<&'a str>,
    /// A module of the project.
    pub(crate) module: Option<&'a str>,
    /// An alias of the project. It need not exist yet.
    pub(crate) environment: Option<&'a str>,
}

/// Finds what the names mean.
pub(crate) async fn find(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    named: Named<'_>,
) -> Result<(Scope, Option<ProjectName>), ApiError> {
    if named.module.is_some() && named.environment.is_some() {
        return Err(invalid("environment", "a role holds in a module or in an environment, not in both"));
    }
    let Some(project) = named.project else {
        return match (named.module, named.environment) {
            (None, None) => Ok((Scope::Workspace, None)),
            _ => Err(invalid("project", "a module or an environment belongs to a project: name it")),
        };
    };
    let found = match ProjectName::parse(project) {
        Ok(name) => projects::by_name(tx, workspace, &name).await?,
        Err(_) => None,
    };
    let found = found.ok_or_else(|| ApiError::new(PROJECT_NOT_FOUND, "no such project, or not for you"))?;
    let scope = within(found.id, named)?;
    Ok((scope, Some(found.name)))
}

/// A scope in a project that is known.
pub(crate) fn within(project: promptsync_core::ids::ProjectId, named: Named<'_>) -> Result<Scope, ApiError> {
    Ok(match (named.module, named.environment) {
        (Some(module), _) => Scope::Module(project, ModulePath::parse(module)?),
        (None, Some(alias)) => Scope::Environment(project, AliasName::parse(alias)?),
        (None, None) => Scope::Project(project),
    })
}

/// The module in a scope.
pub(crate) fn module(scope: &Scope) -> Option<ModulePath> {
    match scope {
        Scope::Module(_, module) => Some(module.clone()),
        _ => None,
    }
}

/// The alias in a scope.
pub(crate) fn environment(scope: &Scope) -> Option<AliasName> {
    match scope {
        Scope::Environment(_, alias) => Some(alias.clone()),
        _ => None,
    }
}

/// A field that cannot be so.
pub(crate) fn invalid(path: &str, message: impl Into<String>) -> ApiError {
    let message = message.into();
    ApiError::many(INVALID, message.clone(), vec![Problem::new("invalid", message).at_path(path)])
}
