//! From a request to its answer, whatever happens on the way.

use std::{net::IpAddr, panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt as _;
use hyper::{Method, Response, http::request::Parts};
use promptsync_api::error::METHOD_NOT_ALLOWED;
use promptsync_core::time::Timestamp;

use super::{
    Relay,
    routes::{PLACES, Place, Request},
};
use crate::{
    Config,
    http::{
        addresses,
        answer::{self, AnswerBody},
        body::RequestBody,
        error::ApiError,
        headers, path, request_id,
    },
    listen::Serves,
};

/// An edge without the network.
pub(super) struct Answering {
    pub(super) relay: Arc<Relay>,
    paths: matchit::Router<(Place, Method)>,
}

impl Answering {
    pub(super) fn new(relay: Arc<Relay>) -> Self {
        let mut paths = matchit::Router::new();
        for (place, method, path) in PLACES {
            paths
                .insert(path, (place, method))
                .expect("the table has no two paths that match alike; every start builds it");
        }
        Self { relay, paths }
    }

    async fn routed(
        &self,
        parts: &Parts,
        body: RequestBody,
        peer: Option<IpAddr>,
    ) -> Result<Response<AnswerBody>, ApiError> {
        let (raw, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
        path::check(raw, parts.uri.query())?;
        let Ok(found) = self.paths.at(raw) else {
            // Who the server is, is for those who may ask it.
            self.relay.reader(&parts.headers, query, peer).await?;
            return Err(self.relay.elsewhere("an edge delivers prompts, and does nothing else"));
        };
        let (place, method) = found.value;
        let is_head = parts.method == Method::HEAD && *method == Method::GET;
        if parts.method != *method && !is_head {
            let detail = format!("{} is not possible here", parts.method);
            return Err(ApiError::new(METHOD_NOT_ALLOWED, detail)
                .allow(method.to_string())
                .hint("an edge delivers prompts, and changes nothing: changes are made at its server"));
        }
        let path = found.params.iter().map(|(_, value)| path::decode(value)).collect::<Result<_, _>>()?;
        let request =
            Request { place: *place, method: &parts.method, headers: &parts.headers, query, peer, path };
        let response = self.relay.routed(&request, body).await?;
        Ok(if is_head { answer::head_only(response) } else { response })
    }
}

impl Serves for Answering {
    async fn answer(&self, parts: Parts, body: RequestBody, peer: Option<IpAddr>) -> Response<AnswerBody> {
        let request_id = request_id::of(&parts.headers, &*self.relay.ids);
        let config = &self.relay.config;
        let peer = peer.map(|peer| addresses::client(&config.trusted_proxies, peer, &parts.headers));
        let routed = AssertUnwindSafe(self.routed(&parts, body, peer)).catch_unwind().await;
        let routed = routed.unwrap_or_else(|_| Err(ApiError::internal("a handler panicked")));
        let mut response = routed.unwrap_or_else(|error| error.into_response(&request_id));
        headers::complete(response.headers_mut(), &request_id, config);
        let status = response.status().as_u16();
        tracing::info!(request_id, method = %parts.method, path = parts.uri.path(), status, "answered");
        response
    }

    fn config(&self) -> &Config {
        &self.relay.config
    }

    fn new_id(&self) -> String {
        self.relay.ids.next()
    }

    fn now(&self) -> Timestamp {
        self.relay.clock.now()
    }

    fn stop(&self) {
        self.relay.streams.stop();
    }
}
