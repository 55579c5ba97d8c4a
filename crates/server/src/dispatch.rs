//! From a request to its route and back to an answer, whatever happens on the way.

use std::{collections::BTreeMap, net::IpAddr, panic::AssertUnwindSafe, sync::Arc};

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt as _;
use hyper::{Method, Response, http::request::Parts};
use promptsync_api::error::{METHOD_NOT_ALLOWED, NOT_FOUND};
use promptsync_core::{access_records::OK, time::Timestamp};

use crate::{
    app::{
        App,
        access_records::{Access, Answered},
    },
    config::Config,
    delivery::{self, Asking, Memory},
    endpoint::{Arrived, AuditClass, Route},
    http::{
        addresses,
        answer::{self, AnswerBody},
        body::RequestBody,
        error::ApiError,
        headers, path, request_id,
    },
    listen::Serves,
    rates::Quota,
    router,
};

/// The whole server without the network: tests call it as the accept loop does.
pub struct Service {
    app: Arc<App>,
    paths: matchit::Router<BTreeMap<&'static str, Route>>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Service")
    }
}

impl Service {
    /// The routes around an application.
    pub fn new(app: Arc<App>) -> Self {
        let mut by_path: BTreeMap<&'static str, BTreeMap<&'static str, Route>> = BTreeMap::new();
        for route in router::routes() {
            let method = method_name(&route.method);
            by_path.entry(route.path).or_default().insert(method, route);
        }
        let mut paths = matchit::Router::new();
        for (path, methods) in by_path {
            paths
                .insert(path, methods)
                .expect("the route table has no two paths that match alike; a test builds it");
        }
        Self { app, paths }
    }

    /// The application.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Answers a request. Never fails and never panics: what goes wrong becomes a problem body.
    pub async fn answer(
        &self,
        parts: Parts,
        body: RequestBody,
        peer: Option<IpAddr>,
    ) -> Response<AnswerBody> {
        if let Some(response) = delivery::at_once(&self.app, &parts, peer) {
            return response.map(AnswerBody::from);
        }
        let request_id = request_id::of(&parts.headers, &*self.app.ids);
        let peer = peer.map(|peer| addresses::client(&self.app.config.trusted_proxies, peer, &parts.headers));
        let quota = Arc::new(Quota::default());
        let (method, target) = (parts.method.clone(), parts.uri.path().to_owned());
        let access = Arc::new(Access::default());
        let routed = self.routed(parts, body, peer, request_id.clone(), &access, &quota);
        let routed = AssertUnwindSafe(routed).catch_unwind().await;
        let routed = routed.unwrap_or_else(|_| Err(ApiError::internal("a handler panicked")));
        access.note(
            &self.app,
            &Answered {
                method: method.as_str(),
                path: &target,
                status: routed.as_ref().map_or_else(ApiError::status, |response| response.status().as_u16()),
                outcome: routed.as_ref().map_or_else(ApiError::code, |_| OK),
                address: peer,
                request_id: &request_id,
            },
        );
        let mut response = routed.unwrap_or_else(|error| error.into_response(&request_id));
        headers::complete(response.headers_mut(), &request_id, &self.app.config);
        quota.complete(response.headers_mut());
        tracing::info!(request_id, %method, path = target, status = response.status().as_u16(), "answered");
        response
    }

    async fn routed(
        &self,
        parts: Parts,
        body: RequestBody,
        peer: Option<IpAddr>,
        request_id: String,
        access: &Arc<Access>,
        quota: &Arc<Quota>,
    ) -> Result<Response<AnswerBody>, ApiError> {
        let raw = parts.uri.path();
        path::check(raw, parts.uri.query())?;
        let found = self.paths.at(raw).map_err(|_| ApiError::new(NOT_FOUND, "no such address"))?;
        let is_head = parts.method == Method::HEAD;
        let wanted = if is_head { "GET" } else { method_name(&parts.method) };
        let Some(route) = found.value.get(wanted) else {
            let allowed: Vec<_> = found.value.keys().copied().collect();
            let detail = format!("{} is not possible here", parts.method);
            return Err(ApiError::new(METHOD_NOT_ALLOWED, detail).allow(allowed.join(", ")));
        };
        let _under_way = self.app.load.admit(route.urgency)?;
        let action = if route.audit == AuditClass::Write { "change" } else { "read" };
        access.on_route(action, route.path);
        let path = found
            .params
            .iter()
            .map(|(name, value)| Ok((name.to_owned(), path::decode(value)?)))
            .collect::<Result<Vec<_>, ApiError>>()?;
        let target = parts.uri.path_and_query().map_or_else(String::new, ToString::to_string);
        let request = Arrived {
            target,
            app: Arc::clone(&self.app),
            method: parts.method,
            path,
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            request_id,
            access: Arc::clone(access),
            peer,
            quota: Arc::clone(quota),
            body,
        };
        let response = (route.handler)(request).await?;
        Ok(if is_head { answer::head_only(response) } else { response })
    }
}

impl Serves for Service {
    fn answer(
        &self,
        parts: Parts,
        body: RequestBody,
        peer: Option<IpAddr>,
    ) -> impl Future<Output = Response<AnswerBody>> + Send {
        Self::answer(self, parts, body, peer)
    }

    fn write_at_once(
        &self,
        target: &str,
        fields: &[httparse::Header<'_>],
        peer: IpAddr,
        is_last: bool,
        memory: &mut Memory,
        to: &mut BytesMut,
    ) -> Option<Bytes> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let asking = Asking { path, query, fields, peer: Some(peer) };
        delivery::write_at_once(&self.app, &asking, is_last, memory, to)
    }

    fn config(&self) -> &Config {
        &self.app.config
    }

    fn new_id(&self) -> String {
        self.app.ids.next()
    }

    fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    fn stop(&self) {
        self.app.streams.stop();
    }
}

fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        _ => "",
    }
}
