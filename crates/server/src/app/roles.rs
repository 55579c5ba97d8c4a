//! Roles: the built-in ones, and those a workspace defines. Nobody defines one that allows more than they may do.

use promptsync_api::{
    error::{IN_USE, INSUFFICIENT_SCOPE, NAME_EXISTS, ROLE_NOT_FOUND},
    page::Page,
    roles::{CreateRole, EditRole, Role as View},
};
use promptsync_core::{
    access::{Grant, Permissions, Role, Scope, can_give},
    ids::{RoleId, WorkspaceId},
    names::RoleName,
};
use promptsync_store::{
    OnUnique as _, ReadTx, Tx,
    roles::{self, CustomRole, RoleRef},
};
use serde_json::json;

use super::{
    change::{Deed, Kept},
    pages::{self, Paging},
    scopes::invalid,
};
use crate::{endpoint::Call, http::error::ApiError};

/// The longest description of a role, in characters.
const MAX_DESCRIPTION: usize = 500;

/// A role that a request named.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The role.
    pub(crate) role: RoleRef,
    /// Its name.
    pub(crate) name: String,
    /// What it allows.
    pub(crate) permissions: Permissions,
}

/// The role of that name: a built-in one, or the workspace's own.
pub(crate) async fn find(tx: &mut ReadTx, workspace: &WorkspaceId, name: &str) -> Result<Found, ApiError> {
    if let Some(role) = Role::parse(name) {
        let permissions = role.permissions();
        return Ok(Found { role: RoleRef::BuiltIn(role), name: role.as_str().to_owned(), permissions });
    }
    let custom = match RoleName::parse(name) {
        Ok(name) => roles::by_name(tx, workspace, &name).await?,
        Err(_) => None,
    };
    let custom = custom.ok_or_else(|| {
        let shown: String = name.chars().take(80).collect();
        let built_in = Role::ALL.map(Role::as_str).join(", ");
        invalid(
            "role",
            format!("no role is named `{}`; the built-in ones are {built_in}", shown.escape_debug()),
        )
    })?;
    let permissions = custom.permissions;
    Ok(Found { role: RoleRef::Custom(custom.id), name: custom.name.to_string(), permissions })
}

/// Every role that can be given: the built-in ones first.
pub(crate) async fn list(call: &Call, paging: &Paging) -> Result<Page<View>, ApiError> {
    let workspace = &call.caller.workspace;
    let list = format!("roles:{workspace}");
    let request = paging.request(&call.app, &list)?;
    let is_first = request.after.is_none();
    let mut tx = call.app.db.begin_read(workspace).await?;
    let page = roles::list(&mut tx, workspace, &request).await?;
    let mut answer = pages::answer(&call.app, &list, page, view);
    if is_first {
        answer.items.splice(0..0, Role::ALL.map(built_in));
    }
    Ok(answer)
}

/// Defines a role.
pub(crate) async fn create(call: &Call, request: CreateRole) -> Result<View, ApiError> {
    let (app, workspace) = (&call.app, &call.caller.workspace);
    let name = RoleName::parse(&request.name)?;
    check(call, &request.description, request.permissions)?;
    let now = app.clock.now();
    let role = CustomRole {
        id: RoleId::new(app.ids.next()),
        workspace: workspace.clone(),
        name,
        description: request.description,
        permissions: request.permissions,
        created_at: now,
        updated_at: now,
    };
    let mut tx = app.db.begin_write(workspace).await?;
    roles::insert(&mut tx, &role).await.on_unique(|| taken(&role.name))?;
    let (deed, answer) = (deed("role.create", &role), view(role));
    call.change.commit(app, tx, deed, Kept::Answer(201, &answer)).await?;
    Ok(answer)
}

/// Changes a role wherever it was given: who changes it must be able to give both what it was and what it becomes.
pub(crate) async fn edit(call: &Call, name: &str, request: EditRole) -> Result<View, ApiError> {
    let (app, workspace) = (&call.app, &call.caller.workspace);
    let mut tx = app.db.begin_write(workspace).await?;
    let old = existing(&mut tx, call, name).await?;
    let role = CustomRole {
        name: request.name.as_deref().map_or(Ok(old.name.clone()), RoleName::parse)?,
        description: request.description.unwrap_or_else(|| old.description.clone()),
        permissions: request.permissions.unwrap_or(old.permissions),
        updated_at: app.clock.now(),
        ..old.clone()
    };
    check(call, &role.description, role.permissions.union(old.permissions))?;
    roles::update(&mut tx, &role).await.on_unique(|| taken(&role.name))?;
    let mut deed = deed("role.edit", &role);
    deed.details.insert("before".to_owned(), json!({ "name": old.name, "permissions": old.permissions }));
    let answer = view(role);
    call.change.commit(app, tx, deed, Kept::Answer(200, &answer)).await?;
    app.keys.forget_all();
    app.seats.forget_all();
    Ok(answer)
}

/// Removes a role that nothing gives any more.
pub(crate) async fn remove(call: &Call, name: &str) -> Result<(), ApiError> {
    let (app, workspace) = (&call.app, &call.caller.workspace);
    let mut tx = app.db.begin_write(workspace).await?;
    let role = existing(&mut tx, call, name).await?;
    let uses = roles::uses(&mut tx, workspace, &role.id).await?;
    if uses > 0 {
        let plural = if uses == 1 {
            "binding, invitation or key gives"
        } else {
            "bindings, invitations and keys give"
        };
        return Err(ApiError::new(IN_USE, format!("{uses} {plural} the role `{}`", role.name))
            .hint("take it from everybody first; `promptsync role given` lists who has it"));
    }
    roles::remove(&mut tx, workspace, &role.id).await?;
    call.change.commit(app, tx, deed("role.remove", &role), Kept::Answer(204, &())).await?;
    Ok(())
}

async fn existing(tx: &mut Tx, call: &Call, name: &str) -> Result<CustomRole, ApiError> {
    let workspace = &call.caller.workspace;
    tx.revision(workspace).await?;
    let found = match RoleName::parse(name) {
        Ok(name) => roles::by_name(tx, workspace, &name).await?,
        Err(_) => None,
    };
    found.ok_or_else(|| ApiError::new(ROLE_NOT_FOUND, "the workspace defined no role of that name"))
}

fn check(call: &Call, description: &str, permissions: Permissions) -> Result<(), ApiError> {
    if description.chars().count() > MAX_DESCRIPTION || description.chars().any(char::is_control) {
        return Err(invalid("description", "a role is described in one line of at most 500 characters"));
    }
    if !can_give(&call.caller.principal, &Grant { permissions, scope: Scope::Workspace }) {
        return Err(ApiError::new(
            INSUFFICIENT_SCOPE,
            "a role allows no more than you may do in the workspace",
        )
        .hint("`promptsync whoami` shows what you may do"));
    }
    Ok(())
}

fn taken(name: &RoleName) -> ApiError {
    ApiError::new(NAME_EXISTS, format!("a role named `{name}` exists"))
}

fn deed(action: &'static str, role: &CustomRole) -> Deed {
    let details =
        [("name".to_owned(), json!(role.name)), ("permissions".to_owned(), json!(role.permissions))];
    Deed {
        action,
        target: format!("role:{}", role.id),
        details: details.into_iter().collect(),
        ..Deed::default()
    }
}

fn built_in(role: Role) -> View {
    let description = match role {
        Role::Viewer => "reads and renders",
        Role::Editor => "also publishes and moves aliases",
        Role::Approver => "also decides, locks and reads the audit log",
        Role::Admin => "also manages projects, people and keys",
    };
    View {
        name: role.as_str().to_owned(),
        description: description.to_owned(),
        permissions: role.permissions(),
        built_in: true,
        created_at: None,
        updated_at: None,
    }
}

fn view(role: CustomRole) -> View {
    View {
        name: role.name.to_string(),
        description: role.description,
        permissions: role.permissions,
        built_in: false,
        created_at: Some(role.created_at),
        updated_at: Some(role.updated_at),
    }
}
