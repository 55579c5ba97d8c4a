//! Whether the server runs, and which one it is.

use std::sync::Arc;

use promptsync_api::server::{Health, ServerVersion};

use crate::{
    app::App,
    http::reply::{Answer, Reply},
};

/// The process runs.
pub(crate) async fn livez(_: Arc<App>) -> Answer<Health> {
    Ok(Reply::ok(Health { status: "ok".into() }))
}

/// The database answers.
pub(crate) async fn readyz(app: Arc<App>) -> Answer<Health> {
    app.ready().await?;
    Ok(Reply::ok(Health { status: "ok".into() }))
}

/// Which program this is.
pub(crate) async fn version(_: Arc<App>) -> Answer<ServerVersion> {
    Ok(Reply::ok(ServerVersion { name: "promptsync".into(), version: env!("CARGO_PKG_VERSION").into() }))
}
