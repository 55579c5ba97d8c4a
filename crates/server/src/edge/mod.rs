//! An edge: a relay near the applications that reads from one server and answers in its place.
//!
//! It follows the server as the SDK does and with the SDK's code: streams, verification, its own copy in a folder. What
//! it gives its clients is what the workspace signed, so that they can verify it themselves; it cannot sign anything. It
//! needs no database and changes nothing. Whatever it does not answer, it says who does.

mod answer;
mod documents;
mod feeds;
mod gather;
mod prompts;
mod readers;
mod refusals;
mod routes;
mod start;

use std::{net::IpAddr, sync::Arc, time::Duration};

use hyper::{HeaderMap, header::AUTHORIZATION};
use promptsync_api::error::{INSUFFICIENT_SCOPE, PROJECT_NOT_FOUND, UNAUTHENTICATED, UNAVAILABLE};
use promptsync_client::{Client, PromptSync};
use promptsync_core::{
    access::{Object, Permission, can, sees},
    ids::{Ids, ProjectId, WorkspaceId},
    names::{AliasName, ProjectName},
    signing::PublicKey,
    time::Clock,
};

use crate::{
    Config,
    auth::bearer,
    config::Secret,
    delivery::{Answers, LineId, Streams},
    http::{error::ApiError, query},
};
use feeds::Feeds;
use readers::{Reader, Readers};

pub use start::{Edge, EdgeError, serve};

/// How long an answer may take that is not in memory.
const DEADLINE: Duration = Duration::from_secs(5);

/// What an edge is told beside what a server is.
#[derive(Clone, Debug)]
pub struct EdgeSettings {
    /// The server, such as `https://prompts.example`.
    pub upstream: String,
    /// The key it reads with.
    pub token: Secret,
    /// The project, when the key opens more than one.
    pub project: Option<ProjectName>,
    /// The aliases it follows; whatever its key may read and somebody asks for when empty.
    pub aliases: Vec<AliasName>,
    /// A key of the workspace: nothing is believed that neither it nor a successor signed.
    pub pin: Option<PublicKey>,
    /// How often what the server says of a client's key is asked for again.
    pub recheck: Duration,
}

/// Everything an answer needs.
pub(crate) struct Relay {
    config: Config,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    settings: EdgeSettings,
    workspace: WorkspaceId,
    project: ProjectName,
    /// The project as grants name it.
    project_id: ProjectId,
    upstream: Client,
    sdk: PromptSync,
    readers: Arc<Readers>,
    feeds: Arc<Feeds>,
    streams: Arc<Streams>,
    answers: Answers,
    gathered: gather::Gathered,
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Relay {
    /// Who asks. What a client may read is no more than what the edge itself may.
    async fn reader(
        &self,
        headers: &HeaderMap,
        query: &str,
        peer: Option<IpAddr>,
    ) -> Result<Arc<Reader>, ApiError> {
        query::refuse_keys(query)?;
        let key = bearer(headers).ok_or_else(|| {
            ApiError::new(UNAUTHENTICATED, "this needs an API key")
                .hint("send it as Authorization: Bearer …; `promptsync keys create` makes one at the server")
        })?;
        let reader = self.readers.admit(key, &self.upstream, peer).await?;
        if !sees(&reader.principal, &self.project_id) || reader.principal.workspace != self.workspace {
            return Err(ApiError::new(PROJECT_NOT_FOUND, "no project has that name"));
        }
        Ok(reader)
    }

    /// What the edge itself may read, as the server said lately.
    async fn own(&self) -> Result<Arc<Reader>, ApiError> {
        self.readers.admit(&self.settings.token.0, &self.upstream, None).await.map_err(|_| {
            ApiError::new(UNAVAILABLE, "the server does not let this edge read any more")
                .hint("give the edge a key that works, with PROMPTSYNC_API_KEY")
        })
    }

    /// Whether somebody may read all of the project, or this alias of it.
    async fn check(&self, reader: &Reader, alias: Option<&AliasName>) -> Result<(), ApiError> {
        let own = self.own().await?;
        let whole = Object::project(&self.workspace, &self.project_id);
        let may = |reader: &Reader| {
            can(&reader.principal, Permission::Read, whole)
                || alias.is_some_and(|alias| {
                    can(&reader.principal, Permission::Read, whole.in_environment(alias))
                })
        };
        if !may(reader) {
            let hint = if reader.whoami.module.is_some() {
                "an edge knows no modules: a key for one module asks the server itself"
            } else {
                "`promptsync whoami` shows what the key may do"
            };
            return Err(ApiError::new(INSUFFICIENT_SCOPE, "the key may not read this").hint(hint));
        }
        if may(&own) { Ok(()) } else { Err(self.elsewhere("the edge's own key may not read this")) }
    }

    /// Whether an alias is one of those the edge follows.
    fn follows(&self, alias: &AliasName) -> Result<(), ApiError> {
        let wanted = &self.settings.aliases;
        if wanted.is_empty() || wanted.contains(alias) {
            return Ok(());
        }
        let names: Vec<&str> = wanted.iter().map(AliasName::as_str).collect();
        Err(self.elsewhere(format!("this edge follows {} alone", names.join(", "))))
    }

    /// What streams of an alias are kept under.
    fn line(&self, alias: &AliasName) -> LineId {
        LineId {
            workspace: self.workspace.clone(),
            project: self.project_id.clone(),
            project_name: self.project.clone(),
            alias: alias.clone(),
        }
    }

    /// The value of the header that a stream is ended by, when its key does not open the alias any more.
    async fn still_reads(&self, authorization: &hyper::header::HeaderValue, alias: &AliasName) -> bool {
        let mut headers = HeaderMap::with_capacity(1);
        headers.insert(AUTHORIZATION, authorization.clone());
        match self.reader(&headers, "", None).await {
            Ok(reader) => match self.check(&reader, Some(alias)).await {
                Ok(()) => true,
                Err(error) => error.status() >= 500,
            },
            Err(error) => error.status() >= 500,
        }
    }
}
