//! HTTP as the routes see it: what comes in is parsed once, what goes out is written once.

pub(crate) mod addresses;
pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod cursor;
pub(crate) mod error;
pub(crate) mod etag;
pub(crate) mod fields;
pub(crate) mod headers;
pub(crate) mod origin;
pub(crate) mod path;
pub(crate) mod query;
pub(crate) mod reply;
pub(crate) mod request_id;
mod upstream;
pub(crate) mod written;

/// What really happened behind a failure of the server.
pub(crate) type Reason = Box<dyn std::error::Error + Send + Sync + 'static>;
