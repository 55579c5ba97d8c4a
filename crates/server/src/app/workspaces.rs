//! Workspaces: made by who operates the server, renamed by who administers them.

use promptsync_api::{
    error::{NAME_EXISTS, WORKSPACE_NOT_FOUND},
    page::Page,
    workspaces::{NameWorkspace, Workspace},
};
use promptsync_core::{
    access::{Role, Scope},
    ids::{BindingId, WorkspaceId},
    names::WorkspaceName,
};
use promptsync_store::{
    OnUnique as _,
    bindings::{self, Binding, Holder},
    members,
    roles::RoleRef,
    workspaces,
};
use serde_json::{Map, json};

use super::{
    change::{Deed, Kept},
    signing_keys,
};
use crate::{auth::Identity, endpoint::Call, http::error::ApiError};

/// The workspaces a caller belongs to.
pub(crate) async fn list(call: &Call) -> Result<Page<Workspace>, ApiError> {
    // Memberships of a person lie across workspaces.
    let mut tx = call.app.db.begin_system_read().await?;
    let found = match &call.caller.identity {
        Identity::User(user, _) => workspaces::of_user(&mut tx, user).await?,
        Identity::Key(_) => workspaces::by_id(&mut tx, &call.caller.workspace).await?.into_iter().collect(),
    };
    Ok(Page { items: found.into_iter().map(|workspace| view(call, workspace)).collect(), next_cursor: None })
}

/// Makes a workspace. A person who makes it becomes its first admin.
pub(crate) async fn create(call: &Call, request: NameWorkspace) -> Result<Workspace, ApiError> {
    let name = WorkspaceName::parse(&request.name)?;
    let (app, now) = (&call.app, call.app.clock.now());
    let workspace = workspaces::Workspace { id: WorkspaceId::new(app.ids.next()), name, created_at: now };
    let mut tx = app.db.begin_system_write().await?;
    workspaces::insert(&mut tx, &workspace).await.on_unique(|| taken(&workspace.name))?;
    if let Identity::User(user, _) = &call.caller.identity {
        members::insert(&mut tx, &workspace.id, user, now).await?;
        let binding = Binding {
            id: BindingId::new(app.ids.next()),
            workspace: workspace.id.clone(),
            holder: Holder::User(user.clone()),
            role: RoleRef::BuiltIn(Role::Admin),
            scope: Scope::Workspace,
            created_at: now,
        };
        bindings::insert(&mut tx, &binding).await?;
    }
    let key = signing_keys::first(app, &mut tx, &workspace.id).await?;
    // The first entry of its own log says who made it.
    let change = call.change.in_workspace(&workspace.id);
    let mut deed = created(&workspace);
    deed.details.insert("signing_key".to_owned(), json!(key.id()));
    let answer = view(call, workspace);
    change.commit(app, tx, deed, Kept::Answer(201, &answer)).await?;
    Ok(answer)
}

/// Gives the caller's workspace another name.
pub(crate) async fn rename(
    call: &Call,
    id_or_name: &str,
    request: NameWorkspace,
) -> Result<Workspace, ApiError> {
    let name = WorkspaceName::parse(&request.name)?;
    let workspace = &call.caller.workspace;
    // Names are unique across workspaces, so this looks past the wall between them.
    let mut tx = call.app.db.begin_system_write().await?;
    tx.revision(workspace).await?;
    let own = workspaces::by_id(&mut tx, workspace).await?.ok_or_else(not_found)?;
    let named = own.id.as_str() == id_or_name || own.name.folded() == id_or_name.to_ascii_lowercase();
    if !named {
        return Err(not_found());
    }
    if own.name == name {
        tx.unchanged().await?;
        call.change.unchanged();
        return Ok(view(call, own));
    }
    workspaces::rename(&mut tx, workspace, &name).await.on_unique(|| taken(&name))?;
    let deed = Deed {
        action: "workspace.rename",
        target: format!("workspace:{workspace}"),
        details: Map::from_iter([("from".to_owned(), json!(own.name)), ("to".to_owned(), json!(name))]),
        ..Deed::default()
    };
    let answer = view(call, workspaces::Workspace { name, ..own });
    call.change.commit(&call.app, tx, deed, Kept::Answer(200, &answer)).await?;
    Ok(answer)
}

fn taken(name: &WorkspaceName) -> ApiError {
    ApiError::new(NAME_EXISTS, format!("a workspace named `{name}` exists"))
}

fn not_found() -> ApiError {
    ApiError::new(WORKSPACE_NOT_FOUND, "no such workspace, or it is not the one you are in")
}

/// The audit entry of a new workspace: the first of its chain.
pub(crate) fn created(workspace: &workspaces::Workspace) -> Deed {
    Deed {
        action: "workspace.create",
        target: format!("workspace:{}", workspace.id),
        details: Map::from_iter([("name".to_owned(), json!(workspace.name))]),
        ..Deed::default()
    }
}

fn view(call: &Call, workspace: workspaces::Workspace) -> Workspace {
    Workspace {
        current: workspace.id == call.caller.workspace,
        id: workspace.id,
        name: workspace.name,
        created_at: workspace.created_at,
    }
}
