//! Teams.

use promptsync_api::{
    members::AddMember,
    page::Page,
    teams::{CreateTeam, Team},
};

use crate::{
    app::{pages::Paging, teams},
    endpoint::Call,
    http::reply::{Answer, Reply},
    input::{Json, Nothing, Query},
    subjects::Anywhere,
};

/// Lists teams with the people in them.
pub(crate) async fn list(call: Anywhere, Query(paging): Query<Paging>) -> Answer<Page<Team>> {
    teams::list(&call, &paging).await.map(Reply::ok)
}

/// Makes a team.
pub(crate) async fn create(call: Call, Json(request): Json<CreateTeam>) -> Answer<Team> {
    let team = teams::create(&call, request).await?;
    let location = format!("/api/teams/{}", team.name);
    Ok(Reply::ok(team).created(location))
}

/// Removes a team.
pub(crate) async fn remove(call: Call, _: Nothing) -> Answer<()> {
    teams::remove(&call, call.segment("team")).await?;
    Ok(Reply::nothing())
}

/// Puts a member into a team.
pub(crate) async fn add_member(call: Call, Json(request): Json<AddMember>) -> Answer<Team> {
    teams::add_member(&call, call.segment("team"), &request.email).await.map(Reply::ok)
}

/// Takes somebody out of a team.
pub(crate) async fn remove_member(call: Call, _: Nothing) -> Answer<()> {
    teams::remove_member(&call, call.segment("team"), call.segment("user")).await?;
    Ok(Reply::nothing())
}
