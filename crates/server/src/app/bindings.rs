//! Bindings: roles given to people and teams, and taken away. Nobody gives or takes more than they may do there.

use promptsync_api::{
    bindings::{Binding, GiveRole},
    error::{BINDING_NOT_FOUND, INSUFFICIENT_SCOPE, PROJECT_NOT_FOUND},
    page::Page,
};
use promptsync_core::{
    access::{Grant, Object, Permission, Permissions, Scope, can_give},
    ids::{BindingId, UserId},
};
use promptsync_store::{
    ReadTx,
    bindings::{self, Described, Holder},
    teams,
};
use serde_json::json;

use super::{
    change::{Deed, Kept},
    members::{self, Admins},
    pages::{self, Paging},
    roles,
    scopes::{self, Named, invalid},
    teams::find as find_team,
};
use crate::{endpoint::Call, http::error::ApiError};

/// The roles that were given where the caller may give some.
pub(crate) async fn list(call: &Call, paging: &Paging) -> Result<Page<Binding>, ApiError> {
    let workspace = &call.caller.workspace;
    let list = format!("bindings:{workspace}:{}", call.caller.id());
    let mut request = paging.request(&call.app, &list)?;
    let wanted = request.limit as usize;
    let mut tx = call.app.db.begin_read(workspace).await?;
    let mut kept = Vec::new();
    let next = loop {
        let page = bindings::list(&mut tx, workspace, &request).await?;
        kept.extend(page.items.into_iter().filter(|found| manages(call, &found.binding.scope)));
        if kept.len() > wanted {
            kept.truncate(wanted);
            break kept.last().map(|found| found.binding.id.to_string());
        }
        match page.next {
            Some(next) => request.after = Some(next),
            None => break None,
        }
    };
    Ok(pages::answer(&call.app, &list, promptsync_store::Page { items: kept, next }, view))
}

/// Gives a role to a member or a team.
pub(crate) async fn give(call: &Call, request: GiveRole) -> Result<Binding, ApiError> {
    let (app, workspace) = (&call.app, &call.caller.workspace);
    let mut tx = app.db.begin_write(workspace).await?;
    tx.revision(workspace).await?;
    let named = Named {
        project: request.project.as_deref(),
        module: request.module.as_deref(),
        environment: request.environment.as_deref(),
    };
    let everywhere = call.caller.can(Permission::ManageMembers, Object::workspace(workspace));
    let found = scopes::find(&mut tx, workspace, named).await;
    // Whether a project exists is not told to those who may give roles in some project only.
    let (scope, project_name) = found.map_err(|error| {
        if everywhere { error } else { error.recode(PROJECT_NOT_FOUND, INSUFFICIENT_SCOPE) }
    })?;
    if !manages(call, &scope) {
        return Err(too_much());
    }
    let role = roles::find(&mut tx, workspace, &request.role).await?;
    if !gives(call, role.permissions, &scope) {
        return Err(too_much());
    }
    let (holder, holder_name) = match (&request.user, &request.team) {
        (Some(user), None) => {
            let member = members::find(&mut tx, workspace, user).await?;
            (Holder::User(member.user), member.email)
        }
        (None, Some(team)) => {
            let team = find_team(&mut tx, workspace, team).await?;
            (Holder::Team(team.id), team.name.to_string())
        }
        _ => return Err(invalid("user", "say either which member or which team is given the role")),
    };
    let binding = bindings::Binding {
        id: BindingId::new(app.ids.next()),
        workspace: workspace.clone(),
        holder,
        role: role.role,
        scope,
        created_at: app.clock.now(),
    };
    bindings::insert(&mut tx, &binding).await?;
    let given =
        Described { binding, holder_name, role_name: role.name, permissions: role.permissions, project_name };
    let people = people(&mut tx, &given).await?;
    let (deed, answer) = (deed("role.give", &given), view(given));
    call.change.commit(app, tx, deed, Kept::Answer(201, &answer)).await?;
    forget(call, &people);
    Ok(answer)
}

/// Takes a role away again.
pub(crate) async fn take(call: &Call, id: &str) -> Result<(), ApiError> {
    let (app, workspace) = (&call.app, &call.caller.workspace);
    let not_found = || ApiError::new(BINDING_NOT_FOUND, "no such binding");
    let mut tx = app.db.begin_write(workspace).await?;
    tx.revision(workspace).await?;
    let found = bindings::by_id(&mut tx, workspace, &BindingId::new(id)).await?;
    let found = found.filter(|found| manages(call, &found.binding.scope)).ok_or_else(not_found)?;
    if !gives(call, found.permissions, &found.binding.scope) {
        return Err(too_much());
    }
    let guard = Admins::before(&mut tx, workspace).await?;
    let people = people(&mut tx, &found).await?;
    bindings::remove(&mut tx, workspace, &found.binding.id).await?;
    guard.check(&mut tx, workspace).await?;
    call.change.commit(app, tx, deed("role.take", &found), Kept::Answer(204, &())).await?;
    forget(call, &people);
    Ok(())
}

fn manages(call: &Call, scope: &Scope) -> bool {
    call.caller.can(Permission::ManageMembers, scope.as_object(&call.caller.workspace))
}

fn gives(call: &Call, permissions: Permissions, scope: &Scope) -> bool {
    can_give(&call.caller.principal, &Grant { permissions, scope: scope.clone() })
}

fn too_much() -> ApiError {
    ApiError::new(INSUFFICIENT_SCOPE, "nobody gives or takes a role that allows more than they may do there")
        .hint("`promptsync whoami` shows what you may do")
}

/// Whom a binding is about.
async fn people(tx: &mut ReadTx, found: &Described) -> Result<Vec<UserId>, ApiError> {
    match &found.binding.holder {
        Holder::User(user) => Ok(vec![user.clone()]),
        Holder::Team(_) => {
            let team = find_team(tx, &found.binding.workspace, &found.holder_name).await?;
            Ok(teams::members(tx, &team).await?.into_iter().map(|(user, _)| user).collect())
        }
    }
}

/// What they may do is read again with their next request.
fn forget(call: &Call, people: &[UserId]) {
    for user in people {
        call.app.seats.forget(user);
    }
}

fn deed(action: &'static str, found: &Described) -> Deed {
    let (scope, id) = (&found.binding.scope, &found.binding.id);
    let holder = match found.binding.holder {
        Holder::User(_) => "user",
        Holder::Team(_) => "team",
    };
    let details = [
        ("role".to_owned(), json!(found.role_name)),
        (holder.to_owned(), json!(found.holder_name)),
        ("project".to_owned(), json!(found.project_name)),
        ("module".to_owned(), json!(scopes::module(scope))),
        ("environment".to_owned(), json!(scopes::environment(scope))),
    ];
    Deed {
        action,
        target: format!("binding:{id}"),
        details: details.into_iter().collect(),
        ..Deed::default()
    }
}

fn view(found: Described) -> Binding {
    let (user, team) = match found.binding.holder {
        Holder::User(_) => (Some(found.holder_name), None),
        Holder::Team(_) => (None, Some(found.holder_name)),
    };
    Binding {
        role: found.role_name,
        permissions: found.permissions,
        user,
        team,
        project: found.project_name,
        module: scopes::module(&found.binding.scope),
        environment: scopes::environment(&found.binding.scope),
        created_at: found.binding.created_at,
        id: found.binding.id,
    }
}
