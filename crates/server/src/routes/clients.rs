//! Applications that run.

use promptsync_api::delivery::{ClientReported, ReportClient};

use crate::{
    app::clients,
    http::reply::{Answer, Reply},
    input::Json,
    subjects::AnywhereInProject,
};

/// An application says that it runs.
pub(crate) async fn report(
    call: AnywhereInProject,
    Json(report): Json<ReportClient>,
) -> Answer<ClientReported> {
    clients::report(&call, report).map(Reply::ok)
}
