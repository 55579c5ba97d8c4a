//! Environments.

use promptsync_api::{
    environments::{Environment, SetEnvironment},
    page::Page,
};

use crate::{
    app::environments,
    endpoint::InProject,
    http::reply::{Answer, Reply},
    input::{Json, Nothing},
    subjects::OnAlias,
};

/// Lists environments.
pub(crate) async fn list(call: InProject, _: Nothing) -> Answer<Page<Environment>> {
    environments::list(&call).await.map(Reply::ok)
}

/// Shows the policy of an alias.
pub(crate) async fn get(call: OnAlias, _: Nothing) -> Answer<Environment> {
    environments::get(&call, call.segment("alias")).await.map(Reply::ok)
}

/// Sets the policy of an alias.
pub(crate) async fn set(call: OnAlias, Json(request): Json<SetEnvironment>) -> Answer<Environment> {
    let (environment, created) = environments::set(&call, call.segment("alias"), &request).await?;
    let location = format!("/api/projects/{}/environments/{}", call.project.name, environment.alias);
    let reply = Reply::ok(environment);
    Ok(if created { reply.created(location) } else { reply })
}

/// Takes the policy off an alias.
pub(crate) async fn remove(call: OnAlias, _: Nothing) -> Answer<()> {
    environments::remove(&call, call.segment("alias")).await?;
    Ok(Reply::nothing())
}
