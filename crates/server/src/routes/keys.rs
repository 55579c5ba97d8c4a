//! API keys.

use promptsync_api::{
    keys::{CreateKey, CreatedKey, Key},
    page::Page,
};

use crate::{
    app::{keys, pages::Paging},
    http::reply::{Answer, Reply},
    input::{Json, Nothing, Query},
    subjects::Anywhere,
};

/// Lists the keys the caller may manage.
pub(crate) async fn list(call: Anywhere, Query(paging): Query<Paging>) -> Answer<Page<Key>> {
    keys::list(&call, &paging).await.map(Reply::ok)
}

/// Makes a key.
pub(crate) async fn create(call: Anywhere, Json(request): Json<CreateKey>) -> Answer<CreatedKey> {
    let created = keys::create(&call, request).await?;
    let location = format!("/api/keys/{}", created.key.id);
    Ok(Reply::ok(created).created(location))
}

/// Revokes a key.
pub(crate) async fn revoke(call: Anywhere, _: Nothing) -> Answer<()> {
    keys::revoke(&call, call.segment("id")).await?;
    Ok(Reply::nothing())
}
