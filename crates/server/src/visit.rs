//! Requests of people who have no key or session yet: signing in, accepting an invitation, coming back from a provider.
//!
//! Such a route has no permission, so its use case decides by itself who gets in (`core::login`). What it changes ends
//! in an audit entry all the same, in the name of whoever was let in.

use std::{
    future::Future,
    net::IpAddr,
    sync::{Arc, atomic::AtomicU8},
};

use bytes::Bytes;
use hyper::{HeaderMap, Method};
use promptsync_core::{audit::Actor, ids::WorkspaceId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    app::{App, access_records::Access, change::Change},
    endpoint::{Arrived, AuditClass, Route},
    http::{body, query, query::Parameter, reply::Answer},
    input::{Asked, Input},
    load::Urgency,
    openapi::Operation,
};

/// A request of somebody who is not known yet.
pub(crate) struct Visit {
    /// The application.
    pub(crate) app: Arc<App>,
    /// What was sent besides path and body.
    pub(crate) headers: HeaderMap,
    /// The query string, unread.
    pub(crate) query: String,
    /// The address it came from.
    pub(crate) peer: Option<IpAddr>,
    /// Its id.
    pub(crate) request_id: String,
    /// What will be noted about it when it is refused.
    pub(crate) access: Arc<Access>,
    path: Vec<(String, String)>,
    outcome: Arc<AtomicU8>,
}

impl Visit {
    /// A parameter of the path, decoded; the router guarantees that a declared one is there.
    #[expect(dead_code, reason = "no public route has a parameter in its path yet")]
    pub(crate) fn segment(&self, name: &str) -> &str {
        self.path.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The change this request may make, once it is known who makes it and where. `caller` is their id.
    pub(crate) fn change(&self, workspace: &WorkspaceId, actor: Actor, caller: &str) -> Change {
        let outcome = Arc::clone(&self.outcome);
        Change::of_visit(workspace, actor, caller, self.peer, self.request_id.clone(), outcome)
    }

    /// Says that the request succeeds without changing anything.
    pub(crate) fn unchanged(&self) {
        self.change(&WorkspaceId::new(""), Actor::System, "").unchanged();
    }

    fn asked(&self) -> Asked<'_> {
        Asked { app: &self.app, headers: &self.headers, query: &self.query }
    }
}

/// Declares a route that needs no key. Input and output follow from the handler's types.
pub(crate) fn public<I, T, F, A>(
    method: &Method,
    path: &'static str,
    audit: AuditClass,
    handler: F,
    summary: &'static str,
) -> Route
where
    I: Input + 'static,
    T: Serialize + JsonSchema + 'static,
    F: Fn(Visit, I) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Answer<T>> + Send + 'static,
{
    let known: Arc<[Parameter]> = I::PARAMETERS.into();
    let described = Arc::clone(&known);
    let verb = method.clone();
    Route {
        method: method.clone(),
        path,
        permission: None,
        audit,
        urgency: Urgency::Work,
        describe: Box::new(move |schemas| {
            let input = I::schema(schemas);
            Operation::new::<T>(&verb, path, summary, schemas).query(&described).body(input)
        }),
        handler: Box::new(move |request| {
            let (handler, known) = (handler.clone(), Arc::clone(&known));
            Box::pin(async move {
                let Arrived {
                    app,
                    method,
                    path: segments,
                    query,
                    headers,
                    request_id,
                    access,
                    peer,
                    quota,
                    body,
                    ..
                } = request;
                app.rates.address(peer, app.clock.now(), &quota)?;
                query::refuse_keys(&query)?;
                let bytes = match I::LIMIT {
                    Some(limit) => body::read(body, &headers, limit.of(&app.config)).await?,
                    None => Bytes::new(),
                };
                let outcome = Arc::default();
                let visit = Visit { app, headers, query, peer, request_id, access, path: segments, outcome };
                let input = I::read(visit.asked(), bytes, &known)?;
                let (app, headers, access) =
                    (Arc::clone(&visit.app), visit.headers.clone(), Arc::clone(&visit.access));
                let accounted = visit.change(&WorkspaceId::new(""), Actor::System, "");
                let response = handler(visit, input).await?.into_response(&method, &headers)?;
                if audit == AuditClass::Write {
                    app.audited(&accounted, path);
                    if accounted.is_committed() {
                        access.is_audited();
                    }
                }
                Ok(response)
            })
        }),
    }
}
