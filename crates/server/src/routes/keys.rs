//! API keys.

use promptsync_api::{
    keys::{CreateKey, CreatedKey, Key, RotateKey},
    page::Page,
};

use crate::{
    app::{keys, pages::Paging},
    http::reply::{Answer, Reply},
    input::{Json, MaybeJson, Nothing, Query},
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

/// Gives a key a new secret.
pub(crate) async fn rotate(call: Anywhere, MaybeJson(request): MaybeJson<RotateKey>) -> Answer<CreatedKey> {
    keys::rotate(&call, call.segment("id"), request).await.map(Reply::ok)
}

/// Revokes a key.
pub(crate) async fn revoke(call: Anywhere, _: Nothing) -> Answer<()> {
    keys::revoke(&call, call.segment("id")).await?;
    Ok(Reply::nothing())
}
