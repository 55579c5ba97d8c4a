//! Teams: made, filled, removed.

use promptsync_api::{
    error::{INSUFFICIENT_SCOPE, NAME_EXISTS, TEAM_NOT_FOUND},
    page::Page,
    teams::{CreateTeam, Team},
};
use promptsync_core::{
    access::{Grant, can_give},
    ids::{TeamId, WorkspaceId},
    names::TeamName,
};
use promptsync_store::{OnUnique as _, PageRequest, ReadTx, Tx, bindings, bindings::Holder, teams};
use serde_json::{Map, json};

use super::{
    change::{Deed, Kept},
    members::{self, Admins},
    pages::{self, Paging},
};
use crate::{endpoint::Call, http::error::ApiError};

/// The teams of the workspace.
pub(crate) async fn list(call: &Call, paging: &Paging) -> Result<Page<Team>, ApiError> {
    let workspace = &call.caller.workspace;
    let list = format!("teams:{workspace}");
    let mut tx = call.app.db.begin_read(workspace).await?;
    let page = teams::list(&mut tx, workspace, &paging.request(&call.app, &list)?).await?;
    let mut items = Vec::new();
    for team in page.items {
        items.push(view(&mut tx, team).await?);
    }
    Ok(pages::answer(&call.app, &list, promptsync_store::Page { items, next: page.next }, |team| team))
}

/// Makes a team without members.
pub(crate) async fn create(call: &Call, request: CreateTeam) -> Result<Team, ApiError> {
    let (app, workspace) = (&call.app, &call.caller.workspace);
    let name = TeamName::parse(&request.name)?;
    let team = teams::Team {
        id: TeamId::new(app.ids.next()),
        workspace: workspace.clone(),
        name,
        created_at: app.clock.now(),
    };
    let mut tx = app.db.begin_write(workspace).await?;
    teams::insert(&mut tx, &team)
        .await
        .on_unique(|| ApiError::new(NAME_EXISTS, format!("a team named `{}` exists", team.name)))?;
    let deed = deed("team.create", &team);
    let answer = view(&mut tx, team).await?;
    call.change.commit(app, tx, deed, Kept::Answer(201, &answer)).await?;
    Ok(answer)
}

/// Removes a team, and what its members were given by it.
pub(crate) async fn remove(call: &Call, name: &str) -> Result<(), ApiError> {
    let (app, workspace) = (&call.app, &call.caller.workspace);
    let mut tx = app.db.begin_write(workspace).await?;
    let team = existing(&mut tx, call, name).await?;
    let guard = Admins::before(&mut tx, workspace).await?;
    let people = teams::members(&mut tx, &team).await?;
    teams::remove(&mut tx, workspace, &team.id).await?;
    guard.check(&mut tx, workspace).await?;
    call.change.commit(app, tx, deed("team.remove", &team), Kept::Answer(204, &())).await?;
    for (user, _) in people {
        app.seats.forget(&user);
    }
    Ok(())
}

/// Puts a member into a team: no more than the caller could give them singly.
pub(crate) async fn add_member(call: &Call, name: &str, member: &str) -> Result<Team, ApiError> {
    let (app, workspace) = (&call.app, &call.caller.workspace);
    let mut tx = app.db.begin_write(workspace).await?;
    let team = existing(&mut tx, call, name).await?;
    let member = members::find(&mut tx, workspace, member).await?;
    if !can_give_all(&mut tx, call, &team).await? {
        return Err(ApiError::new(
            INSUFFICIENT_SCOPE,
            "the team was given more than you could give somebody",
        ));
    }
    if !teams::add_member(&mut tx, &team, &member.user, app.clock.now()).await? {
        let answer = view(&mut tx, team).await?;
        tx.unchanged().await?;
        call.change.unchanged();
        return Ok(answer);
    }
    let mut deed = deed("team.add", &team);
    deed.details.insert("email".to_owned(), json!(member.email));
    let answer = view(&mut tx, team).await?;
    call.change.commit(app, tx, deed, Kept::Answer(200, &answer)).await?;
    app.seats.forget(&member.user);
    Ok(answer)
}

/// Takes somebody out of a team.
pub(crate) async fn remove_member(call: &Call, name: &str, member: &str) -> Result<(), ApiError> {
    let (app, workspace) = (&call.app, &call.caller.workspace);
    let mut tx = app.db.begin_write(workspace).await?;
    let team = existing(&mut tx, call, name).await?;
    let member = members::find(&mut tx, workspace, member).await?;
    let guard = Admins::before(&mut tx, workspace).await?;
    if !teams::remove_member(&mut tx, &team, &member.user).await? {
        tx.unchanged().await?;
        call.change.unchanged();
        return Ok(());
    }
    guard.check(&mut tx, workspace).await?;
    let mut deed = deed("team.take", &team);
    deed.details.insert("email".to_owned(), json!(member.email));
    call.change.commit(app, tx, deed, Kept::Answer(204, &())).await?;
    app.seats.forget(&member.user);
    Ok(())
}

/// A team of the workspace, by name.
pub(crate) async fn find(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    name: &str,
) -> Result<teams::Team, ApiError> {
    let found = match TeamName::parse(name) {
        Ok(name) => teams::by_name(tx, workspace, &name).await?,
        Err(_) => None,
    };
    found.ok_or_else(|| ApiError::new(TEAM_NOT_FOUND, "no team of the workspace has that name"))
}

async fn existing(tx: &mut Tx, call: &Call, name: &str) -> Result<teams::Team, ApiError> {
    tx.revision(&call.caller.workspace).await?;
    find(tx, &call.caller.workspace, name).await
}

/// Whether the caller could give each role that the team has.
async fn can_give_all(tx: &mut ReadTx, call: &Call, team: &teams::Team) -> Result<bool, ApiError> {
    let mut request = PageRequest::first(200);
    loop {
        let page = bindings::list(tx, &team.workspace, &request).await?;
        let ours =
            page.items.into_iter().filter(|found| found.binding.holder == Holder::Team(team.id.clone()));
        for found in ours {
            let grant = Grant { permissions: found.permissions, scope: found.binding.scope };
            if !can_give(&call.caller.principal, &grant) {
                return Ok(false);
            }
        }
        match page.next {
            Some(next) => request.after = Some(next),
            None => return Ok(true),
        }
    }
}

fn deed(action: &'static str, team: &teams::Team) -> Deed {
    Deed {
        action,
        target: format!("team:{}", team.id),
        details: Map::from_iter([("name".to_owned(), json!(team.name))]),
        ..Deed::default()
    }
}

async fn view(tx: &mut ReadTx, team: teams::Team) -> Result<Team, ApiError> {
    let members = teams::members(tx, &team).await?.into_iter().map(|(_, email)| email).collect();
    Ok(Team { id: team.id, name: team.name, members, created_at: team.created_at })
}
