//! The OpenAPI document.

use serde_json::Value;

use crate::{
    endpoint::Call,
    http::reply::{Answer, Reply},
    input::Nothing,
};

/// The document, made from the route table.
pub(crate) async fn document(_: Call, _: Nothing) -> Answer<Value> {
    Ok(Reply::ok(crate::openapi::document()))
}
