//! The page people see first.

use std::sync::Arc;

use crate::{
    app::App,
    http::reply::{Answer, Reply},
};

/// The sign-in page.
pub(crate) async fn page(_: Arc<App>) -> Answer<()> {
    Ok(Reply::page(promptsync_dashboard::SIGN_IN, promptsync_dashboard::POLICY))
}
