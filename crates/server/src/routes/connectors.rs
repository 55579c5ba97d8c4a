//! Connectors.

use promptsync_api::{
    connectors::{Connector, ConnectorTest, SetConnector},
    page::Page,
};

use crate::{
    app::connectors,
    endpoint::Call,
    http::reply::{Answer, Reply},
    input::{Json, Nothing},
};

/// Lists connectors.
pub(crate) async fn list(call: Call, _: Nothing) -> Answer<Page<Connector>> {
    connectors::list(&call).await.map(Reply::ok)
}

/// Creates or changes a connector.
pub(crate) async fn set(call: Call, Json(request): Json<SetConnector>) -> Answer<Connector> {
    let (connector, created) = connectors::set(&call, call.segment("name"), request).await?;
    let location = format!("/api/connectors/{}", connector.name);
    let reply = Reply::ok(connector);
    Ok(if created { reply.created(location) } else { reply })
}

/// Removes a connector.
pub(crate) async fn remove(call: Call, _: Nothing) -> Answer<()> {
    connectors::remove(&call, call.segment("name")).await?;
    Ok(Reply::nothing())
}

/// Says whether a connector can be used.
pub(crate) async fn test(call: Call, _: Nothing) -> Answer<ConnectorTest> {
    connectors::test(&call, call.segment("name")).await.map(Reply::ok)
}
