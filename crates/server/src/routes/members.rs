//! Members of the workspace.

use promptsync_api::{
    members::{AddMember, Member},
    page::Page,
};

use crate::{
    app::{members, pages::Paging},
    endpoint::Call,
    http::reply::{Answer, Reply},
    input::{Json, Nothing, Query},
    subjects::Anywhere,
};

/// Lists members.
pub(crate) async fn list(call: Anywhere, Query(paging): Query<Paging>) -> Answer<Page<Member>> {
    members::list(&call, &paging).await.map(Reply::ok)
}

/// Makes somebody with an account a member.
pub(crate) async fn add(call: Call, Json(request): Json<AddMember>) -> Answer<Member> {
    let (member, added) = members::add(&call, request).await?;
    let location = format!("/api/members/{}", member.id);
    let reply = Reply::ok(member);
    Ok(if added { reply.created(location) } else { reply })
}

/// Takes somebody out of the workspace.
pub(crate) async fn remove(call: Call, _: Nothing) -> Answer<()> {
    members::remove(&call, call.segment("user")).await?;
    Ok(Reply::nothing())
}
