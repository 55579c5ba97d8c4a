//! Canaries and experiments: how aliases divide their traffic.

use promptsync_api::{
    aliases::Alias,
    page::Page,
    splits::{AbortCanary, Canary, PromoteCanary, SetCanary},
};

use super::aliases::tagged;
use crate::{
    app::splits,
    http::{
        etag::Expected,
        reply::{Answer, Reply},
    },
    input::{Json, MaybeJson, Nothing},
    subjects::{AnywhereInProject, OnAlias},
};

/// Says how an alias divides its traffic.
pub(crate) async fn list(call: OnAlias, _: Nothing) -> Answer<Page<Canary>> {
    splits::list(&call, call.segment("alias")).await.map(Reply::ok)
}

/// Sends part of an alias's traffic to other versions.
pub(crate) async fn set(call: OnAlias, Json(request): Json<SetCanary>) -> Answer<Alias> {
    let (name, expected) = (call.segment("alias"), Expected::read(&call.headers)?);
    splits::set(&call, name, &expected, request).await.map(tagged)
}

/// The same for the alias that the body names.
pub(crate) async fn set_named(call: AnywhereInProject, Json(request): Json<SetCanary>) -> Answer<Alias> {
    let (name, expected) = (splits::named(&call, &request)?, Expected::read(&call.headers)?);
    splits::set(&call, name.as_str(), &expected, request).await.map(tagged)
}

/// Gives everybody the version of a canary.
pub(crate) async fn promote(call: OnAlias, MaybeJson(request): MaybeJson<PromoteCanary>) -> Answer<Alias> {
    let (name, expected) = (call.segment("alias"), Expected::read(&call.headers)?);
    splits::promote(&call, name, &expected, request).await.map(tagged)
}

/// Gives everybody the alias's own version again.
pub(crate) async fn abort(call: OnAlias, MaybeJson(request): MaybeJson<AbortCanary>) -> Answer<Alias> {
    let (name, expected) = (call.segment("alias"), Expected::read(&call.headers)?);
    splits::abort(&call, name, &expected, request).await.map(tagged)
}
