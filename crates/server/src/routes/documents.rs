//! Documents.

use serde_json::Value;

use crate::{
    app::documents,
    http::reply::{Answer, Reply},
    input::Nothing,
    subjects::Anywhere,
};

/// A document by its digest. It never changes, so whoever may read it may keep it for ever.
pub(crate) async fn get(call: Anywhere, _: Nothing) -> Answer<Value> {
    let digest = call.segment("digest");
    let text = documents::get(&call, digest).await?;
    Ok(Reply::raw("application/json", text).etag(digest).immutable())
}
