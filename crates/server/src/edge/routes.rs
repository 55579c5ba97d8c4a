//! What an edge answers: the part of the server's API that applications use, word for word.

use std::{sync::Arc, time::Instant};

use hyper::{HeaderMap, Method, Response, header::AUTHORIZATION};
use promptsync_api::{
    delivery::{ClientReported, EdgeAlias, EdgeStatus, ReportClient, WantDocuments},
    error::{ALIAS_NOT_FOUND, PROJECT_NOT_FOUND, UNAVAILABLE},
    prompts::ResolvedPrompt,
    server::{Health, ServerVersion, Whoami},
    signing_keys::SigningKeys,
};
use promptsync_client::{ClientError, sdk::Copy};
use promptsync_core::{
    access::{Permission, can_somewhere},
    limits::Limits,
    names::AliasName,
    signing::{Signed, SnapshotStatement},
};
use serde_json::Value;

use super::{DEADLINE, Relay, feeds::Ready, prompts::Question, readers::Reader};
use crate::{
    app::{prompts::Wish, streams::revision},
    auth::bearer,
    http::{
        answer::AnswerBody,
        body::{self, RequestBody},
        error::ApiError,
        query::{PROJECT, Parameter, Parameters, one},
        reply::{Answer, Reply},
    },
    input::FromQuery,
};

/// How often applications report while the server cannot be told.
const REPORT_SECONDS: u64 = 60;

/// The addresses an edge answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Livez,
    Readyz,
    Version,
    Whoami,
    Edge,
    SigningKeys,
    Prompt,
    Snapshot,
    Stream,
    Clients,
    Documents,
    Document,
}

/// Each with its method and path, as the server has it.
pub(super) const PLACES: [(Place, Method, &str); 12] = [
    (Place::Livez, Method::GET, "/livez"),
    (Place::Readyz, Method::GET, "/readyz"),
    (Place::Version, Method::GET, "/version"),
    (Place::Whoami, Method::GET, "/api/whoami"),
    (Place::Edge, Method::GET, "/api/edge"),
    (Place::SigningKeys, Method::GET, "/api/signing-keys"),
    (Place::Prompt, Method::GET, "/api/prompts/{name}/{version_or_alias}"),
    (Place::Snapshot, Method::GET, "/api/projects/{project}/snapshot"),
    (Place::Stream, Method::GET, "/api/projects/{project}/stream"),
    (Place::Clients, Method::POST, "/api/projects/{project}/clients"),
    (Place::Documents, Method::POST, "/api/projects/{project}/documents"),
    (Place::Document, Method::GET, "/api/documents/{digest}"),
];

const ALIAS: Parameter = one("alias", "The alias.");
const AFTER: Parameter = one("after", "The revision the client holds.");

/// A request on its way.
pub(super) struct Request<'a> {
    pub(super) place: Place,
    pub(super) method: &'a Method,
    pub(super) headers: &'a HeaderMap,
    pub(super) query: &'a str,
    pub(super) peer: Option<std::net::IpAddr>,
    /// The parts of the path, in order.
    pub(super) path: Vec<String>,
}

impl Request<'_> {
    fn part(&self, index: usize) -> &str {
        self.path.get(index).map_or("", String::as_str)
    }

    fn parameters(&self, known: &[Parameter]) -> Result<Parameters, ApiError> {
        Parameters::read(self.query, known)
    }
}

impl Relay {
    /// Answers what somebody asks who may ask.
    pub(super) async fn routed(
        &self,
        request: &Request<'_>,
        body: RequestBody,
    ) -> Result<Response<AnswerBody>, ApiError> {
        let (method, headers) = (request.method, request.headers);
        match request.place {
            Place::Livez => return Reply::ok(Health { status: "ok".into() }).into_response(method, headers),
            Place::Readyz => return self.ready()?.into_response(method, headers),
            Place::Version => return version().into_response(method, headers),
            _ => {}
        }
        let reader = self.reader(headers, request.query, request.peer).await?;
        match request.place {
            Place::Whoami => {
                request.parameters(&[PROJECT])?;
                Reply::<Whoami>::ok(reader.whoami.clone()).into_response(method, headers)
            }
            Place::Edge => self.status(&reader, request).await?.into_response(method, headers),
            Place::SigningKeys => self.signing_keys(&reader, request).await?.into_response(method, headers),
            Place::Prompt => self.prompt(&reader, request).await?.into_response(method, headers),
            Place::Document => {
                self.named(request.parameters(&[PROJECT])?.get("project"))?;
                let text = self.document(&reader, request.part(0)).await?;
                let reply = Reply::<Value>::raw("application/json", text);
                reply.etag(request.part(0)).immutable().into_response(method, headers)
            }
            _ => {
                self.named(Some(request.part(0)))?;
                self.in_project(&reader, request, body).await
            }
        }
    }

    async fn in_project(
        &self,
        reader: &Reader,
        request: &Request<'_>,
        body: RequestBody,
    ) -> Result<Response<AnswerBody>, ApiError> {
        let (method, headers) = (request.method, request.headers);
        match request.place {
            Place::Snapshot => {
                let alias = request.parameters(&[ALIAS])?.alias()?;
                let (_, _, ready) = self.held(reader, &alias).await?;
                let reply = Reply::<Signed<SnapshotStatement>>::raw("application/json", ready.body.clone());
                reply.etag(&ready.tag).into_response(method, headers)
            }
            Place::Stream => self.stream(reader, request).await,
            Place::Clients => {
                request.parameters(&[])?;
                let report = self.json(headers, body).await?;
                self.report(request, &report).await?.into_response(method, headers)
            }
            _ => {
                request.parameters(&[])?;
                let wanted: WantDocuments = self.json(headers, body).await?;
                Reply::ok(self.documents(reader, wanted).await?).into_response(method, headers)
            }
        }
    }

    async fn prompt(&self, reader: &Reader, request: &Request<'_>) -> Answer<ResolvedPrompt> {
        let known: Vec<Parameter> = Wish::PARAMETERS.iter().copied().chain([PROJECT]).collect();
        let parameters = request.parameters(&known)?;
        self.named(parameters.get("project"))?;
        let asked = Question {
            name: request.part(0),
            reference: request.part(1),
            query: request.query,
            wish: Wish::from_query(&parameters)?,
        };
        Ok(Reply::delivered(&self.resolved(reader, asked, request.headers).await?))
    }

    /// What is held of an alias that the reader may read, and its snapshot.
    async fn held(&self, reader: &Reader, alias: &str) -> Result<(AliasName, Copy, Arc<Ready>), ApiError> {
        let name = AliasName::parse(alias).ok();
        self.check(reader, name.as_ref()).await?;
        let name = name.ok_or_else(|| ApiError::new(ALIAS_NOT_FOUND, "no alias has that name"))?;
        self.follows(&name)?;
        let copy = self.sdk.copy(&name, Instant::now() + DEADLINE).await;
        let copy = copy.map_err(|error| self.refused(error))?;
        let ready = self.feeds.snapshot(&name, &copy)?;
        Ok((name, copy, ready))
    }

    async fn stream(&self, reader: &Reader, request: &Request<'_>) -> Result<Response<AnswerBody>, ApiError> {
        let parameters = request.parameters(&[ALIAS, AFTER])?;
        let after = parameters.get("after").map(|text| revision("after", text)).transpose()?;
        let last = request.headers.get("last-event-id").map(|value| value.to_str().unwrap_or_default());
        let after = last.map(|text| revision("last-event-id", text)).transpose()?.or(after);
        let (alias, _, _) = self.held(reader, &parameters.alias()?).await?;
        let mut authorization = request
            .headers
            .get(AUTHORIZATION)
            .cloned()
            .ok_or_else(|| ApiError::internal("a reader without a key"))?;
        authorization.set_sensitive(true);
        let listener = self.streams.listen(&self.line(&alias), &reader.whoami.key, authorization, after)?;
        Reply::<Value>::events(Box::pin(listener)).into_response(request.method, request.headers)
    }

    /// Passes on what an application says of itself, with its own key: `promptsync status` shows it as it is.
    async fn report(&self, request: &Request<'_>, report: &ReportClient) -> Answer<ClientReported> {
        let key = bearer(request.headers).unwrap_or_default();
        let client = self.upstream.on_behalf(key, request.peer).map_err(ApiError::internal)?;
        let told = tokio::time::timeout(DEADLINE, client.report_client(self.project.as_str(), report)).await;
        match told {
            Ok(Ok(answer)) => Ok(Reply::ok(answer)),
            Ok(Err(refused @ ClientError::Refused { .. })) if refused.status() < Some(500) => {
                Err(self.refused(refused.into()))
            }
            // It is told the next time.
            _ => Ok(Reply::ok(ClientReported { every_seconds: REPORT_SECONDS })),
        }
    }

    async fn signing_keys(&self, reader: &Reader, request: &Request<'_>) -> Answer<SigningKeys> {
        request.parameters(&[PROJECT])?;
        self.own().await?;
        if !can_somewhere(&reader.principal, Permission::Read, None) {
            return Err(crate::endpoint::denied(Permission::Read));
        }
        self.sdk.signing_keys().await.map(Reply::ok).map_err(|error| self.refused(error))
    }

    async fn status(&self, reader: &Reader, request: &Request<'_>) -> Answer<EdgeStatus> {
        request.parameters(&[])?;
        let mut aliases = std::collections::BTreeMap::new();
        for (alias, status) in self.sdk.status().aliases {
            let refused = self.check(reader, Some(&alias)).await.err();
            if refused.is_some_and(|refused| refused.status() < 500) {
                continue;
            }
            let gathered = status.revision.is_some_and(|revision| self.gathered.has(&alias, revision));
            let held = EdgeAlias {
                revision: status.revision,
                source: status.source.map(|source| source.to_string()),
                age_seconds: status.age.map(|age| age.as_secs()),
                transport: status.transport.to_string(),
                complete: status.complete && gathered,
                failure: status.failure.map(|failure| failure.code().to_owned()),
                refused: status.refused.map(|refused| refused.code().to_owned()),
            };
            aliases.insert(alias, held);
        }
        Ok(Reply::ok(EdgeStatus {
            upstream: self.upstream.url().to_owned(),
            project: self.project.to_string(),
            admitted: self.own().await.is_ok(),
            aliases,
        }))
    }

    /// Whether there is something to answer from.
    fn ready(&self) -> Result<Reply<Health>, ApiError> {
        let held = self.sdk.copies();
        let missing = self.settings.aliases.iter().find(|alias| !held.contains_key(*alias));
        match missing {
            None => Ok(Reply::ok(Health { status: "ok".into() })),
            Some(alias) => Err(ApiError::new(UNAVAILABLE, format!("nothing is held of `{alias}` yet"))),
        }
    }

    /// Whether a project that is named is the edge's.
    fn named(&self, project: Option<&str>) -> Result<(), ApiError> {
        match project {
            Some(other) if other != self.project.as_str() => {
                Err(ApiError::new(PROJECT_NOT_FOUND, "this edge delivers no project of that name"))
            }
            _ => Ok(()),
        }
    }

    async fn json<T: serde::de::DeserializeOwned>(
        &self,
        headers: &HeaderMap,
        body: RequestBody,
    ) -> Result<T, ApiError> {
        body::require_json(headers)?;
        let bytes = body::read(body, headers, self.config.body_bytes).await?;
        body::parse(bytes, &Limits::default())
    }
}

fn version() -> Reply<ServerVersion> {
    Reply::ok(ServerVersion { name: "promptsync".into(), version: env!("CARGO_PKG_VERSION").into() })
}
