//! The OpenAPI document.

use serde_json::Value;

use crate::{
    http::reply::{Answer, Reply},
    input::Nothing,
    subjects::Anywhere,
};

/// The document, made from the route table.
pub(crate) async fn document(_: Anywhere, _: Nothing) -> Answer<Value> {
    Ok(Reply::ok(crate::openapi::document()))
}
