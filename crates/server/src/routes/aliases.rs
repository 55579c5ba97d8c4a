//! Aliases.

use promptsync_api::{
    aliases::{Alias, AliasMove, RollbackAlias, SetAlias},
    page::Page,
};

use crate::{
    app::{aliases, pages::Paging},
    endpoint::InProject,
    http::{
        etag::Expected,
        reply::{Answer, Reply},
    },
    input::{Json, MaybeJson, Nothing, Query},
    subjects::OnAlias,
};

/// Lists aliases.
pub(crate) async fn list(call: InProject, _: Nothing) -> Answer<Page<Alias>> {
    aliases::list(&call).await.map(Reply::ok)
}

/// Shows an alias; its ETag is its revision.
pub(crate) async fn get(call: OnAlias, _: Nothing) -> Answer<Alias> {
    aliases::get(&call, call.segment("alias")).await.map(tagged)
}

/// Creates or moves an alias.
pub(crate) async fn set(call: OnAlias, Json(request): Json<SetAlias>) -> Answer<Alias> {
    let (name, expected) = (call.segment("alias"), Expected::read(&call.headers)?);
    let (alias, created) = aliases::set(&call, name, &expected, request).await?;
    let location = format!("/api/projects/{}/aliases/{}", call.project.name, alias.name);
    let reply = tagged(alias);
    Ok(if created { reply.created(location) } else { reply })
}

/// Lists the moves of an alias, newest first.
pub(crate) async fn history(call: InProject, Query(paging): Query<Paging>) -> Answer<Page<AliasMove>> {
    aliases::history(&call, call.segment("alias"), &paging).await.map(Reply::ok)
}

/// Points an alias back at where it was.
pub(crate) async fn rollback(call: OnAlias, MaybeJson(request): MaybeJson<RollbackAlias>) -> Answer<Alias> {
    let (name, expected) = (call.segment("alias"), Expected::read(&call.headers)?);
    aliases::rollback(&call, name, &expected, request).await.map(tagged)
}

/// An alias; its ETag is its revision.
pub(super) fn tagged(alias: Alias) -> Reply<Alias> {
    let revision = alias.revision;
    Reply::ok(alias).etag(revision)
}
