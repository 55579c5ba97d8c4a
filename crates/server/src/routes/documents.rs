//! Documents.

use promptsync_api::delivery::{Documents, WantDocuments};
use serde_json::Value;

use crate::{
    app::documents,
    http::reply::{Answer, Reply},
    input::{Json, Nothing},
    subjects::{Anywhere, AnywhereInProject},
};

/// A document by its digest. It never changes, so whoever may read it may keep it for ever.
pub(crate) async fn get(call: Anywhere, _: Nothing) -> Answer<Value> {
    let digest = call.segment("digest");
    let text = documents::get(&call, digest).await?;
    Ok(Reply::raw("application/json", text).etag(digest).immutable())
}

/// Several documents at once.
pub(crate) async fn get_all(call: AnywhereInProject, Json(wanted): Json<WantDocuments>) -> Answer<Documents> {
    documents::get_all(&call, wanted).await.map(Reply::ok)
}
