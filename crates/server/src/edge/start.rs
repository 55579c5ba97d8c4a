//! Starting an edge: from its settings to an address that answers.

use std::{future::Future, io, net::SocketAddr, path::Path, sync::Arc};

use promptsync_client::{Client, ClientError, PromptSync, sdk::SdkError};
use promptsync_core::{
    access::Permission,
    ids::{ProjectId, WorkspaceId},
    names::ProjectName,
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    task::JoinSet,
};

use super::{EdgeSettings, Relay, answer::Answering, feeds::Feeds, gather, readers::Readers};
use crate::{
    Config, RandomIds, ServerSecret, SystemClock,
    auth::secret::SecretError,
    delivery::{Answers, LineId, Streams},
    listen::{self, Tls, TlsError},
    start,
};

/// The folder of an edge's copy in the data folder.
const FOLDER: &str = "edge";

/// An edge that cannot start.
#[derive(Debug, thiserror::Error)]
pub enum EdgeError {
    /// The data folder cannot be made.
    #[error("cannot use the data folder {path}")]
    DataDir {
        /// The folder.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The edge's own secret is missing or wrong.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The address of the server cannot be used.
    #[error(transparent)]
    Upstream(#[from] ClientError),
    /// The server does not know the key, or does not answer and never spoke of it here.
    #[error("the server does not let this edge in: {reason}")]
    NotAdmitted {
        /// What it said.
        reason: String,
    },
    /// The key opens several projects and none was named.
    #[error("the key opens every project of its workspace; name one with --project")]
    ProjectRequired,
    /// The key reads less than an edge delivers.
    #[error("an edge needs a key that may read the project or one alias of it, not one for a module")]
    KeyTooNarrow,
    /// What follows the server cannot start.
    #[error(transparent)]
    Sdk(#[from] SdkError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The certificate or its key cannot be used.
    #[error("cannot use TLS")]
    Tls(#[from] TlsError),
    /// The process cannot be told to stop.
    #[error("cannot receive signals")]
    Signals(#[source] io::Error),
}

/// An edge that is ready: its address is bound, and it follows its server.
pub struct Edge {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<Arc<Tls>>,
    answering: Arc<Answering>,
}

impl std::fmt::Debug for Edge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Edge").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Edge {
    /// Asks the server what the key may read, else what it said the last time; begins to follow, and binds the address.
    pub async fn bind(config: Config, settings: EdgeSettings) -> Result<Self, EdgeError> {
        let address = config.listen;
        let tls = config.tls.clone().map(Tls::load).transpose()?.map(Arc::new);
        start::warn_of_plain_http(&config);
        let folder = config.data_dir.join(FOLDER);
        make(&folder)?;
        let secret = match &config.server_key {
            Some(key) => ServerSecret::parse(&key.0)?,
            None => ServerSecret::of_data_dir(&folder)?,
        };
        let relay = Arc::new(follow(config, settings, &folder, secret).await?);
        let failed = |source| EdgeError::Listen { address, source };
        let listener = start::bind(address).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address, tls, answering: Arc::new(Answering::new(relay)) })
    }

    /// Its address as a URL.
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Serves until `stop` is ready, then finishes what is under way.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let relay = Arc::clone(&self.answering.relay);
        let mut limits = relay.config.limits.clone();
        let files = start::open_files();
        limits.streams = limits.streams.min(files / 2);
        limits.connections = limits.connections.min(files - limits.streams);
        let mut tasks = JoinSet::new();
        tasks.spawn(gather::gather(Arc::clone(&relay)));
        tasks.spawn(gather::tend(Arc::clone(&relay)));
        if let Some(tls) = self.tls.clone() {
            tasks.spawn(async move {
                let _ = listen::watch(tls).await;
            });
        }
        listen::serve(self.listener, self.tls, self.answering, limits, stop).await;
        tasks.shutdown().await;
        relay.readers.write().await;
        relay.sdk.close().await;
    }
}

/// Serves until the process is told to stop (SIGTERM, SIGINT). `ready` is called once with the URL.
pub async fn serve(
    config: Config,
    settings: EdgeSettings,
    ready: impl FnOnce(&str),
) -> Result<(), EdgeError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(EdgeError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(EdgeError::Signals)?;
    let edge = Edge::bind(config, settings).await?;
    ready(&edge.url());
    edge.run(async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
    .await;
    Ok(())
}

async fn follow(
    config: Config,
    settings: EdgeSettings,
    folder: &Path,
    secret: ServerSecret,
) -> Result<Relay, EdgeError> {
    let clock: Arc<dyn promptsync_core::time::Clock> = Arc::new(SystemClock);
    let upstream = Client::new(&settings.upstream, Some(&settings.token.0))?;
    if upstream.is_exposed() {
        tracing::warn!(upstream = upstream.url(), "keys travel unencrypted to the server; use https");
    }
    let (url, every) = (upstream.url().to_owned(), settings.recheck);
    let readers = Arc::new(Readers::open(folder, &url, secret, Arc::clone(&clock), every));
    let own = readers.admit(&settings.token.0, &upstream, None).await;
    let own = own.map_err(|error| EdgeError::NotAdmitted { reason: error.detail().to_owned() })?;
    if own.whoami.module.is_some() || !own.whoami.permissions.contains(&Permission::Read) {
        return Err(EdgeError::KeyTooNarrow);
    }
    let project: ProjectName =
        own.whoami.project.clone().or_else(|| settings.project.clone()).ok_or(EdgeError::ProjectRequired)?;
    let workspace = WorkspaceId::new(own.whoami.workspace.as_str());
    let project_id = ProjectId::new(project.as_str());
    let aliases = if settings.aliases.is_empty() {
        readable(&upstream, &project, own.whoami.environment.clone()).await
    } else {
        settings.aliases.clone()
    };
    let streams = Arc::new(Streams::new(config.streams));
    let line = {
        let (workspace, project, project_name) = (workspace.clone(), project_id.clone(), project.clone());
        move |alias: &promptsync_core::names::AliasName| LineId {
            workspace: workspace.clone(),
            project: project.clone(),
            project_name: project_name.clone(),
            alias: alias.clone(),
        }
    };
    let feeds = Arc::new(Feeds::new(Arc::clone(&streams), line));
    let told = Arc::clone(&feeds);
    let mut builder = PromptSync::builder(project.as_str())
        .url(&settings.upstream)
        .key(&settings.token.0)
        .service("promptsync edge")
        .cache(folder.join("copy"))
        .memory(config.cache_bytes)
        .relay(move |alias, arrived| told.arrived(alias, arrived));
    if let Some(pin) = &settings.pin {
        builder = builder.pin(pin.to_string());
    }
    for alias in &aliases {
        builder = builder.alias(alias.as_str());
    }
    let sdk = builder.start().await?;
    let answers = Answers::new(config.answer_bytes);
    Ok(Relay {
        config,
        clock,
        ids: Arc::new(RandomIds),
        settings,
        workspace,
        project,
        project_id,
        upstream,
        sdk,
        readers,
        feeds,
        streams,
        answers,
        gathered: gather::Gathered::default(),
    })
}

/// The aliases that the key may read; those that are not known yet are followed from when somebody asks for them.
async fn readable(
    upstream: &Client,
    project: &ProjectName,
    only: Option<promptsync_core::names::AliasName>,
) -> Vec<promptsync_core::names::AliasName> {
    match only {
        Some(alias) => vec![alias],
        None => match upstream.aliases(project.as_str()).await {
            Ok(aliases) => aliases.into_iter().map(|alias| alias.name).collect(),
            Err(error) => {
                tracing::warn!(%error, "the aliases cannot be listed; each is followed when it is asked for");
                Vec::new()
            }
        },
    }
}

fn make(folder: &Path) -> Result<(), EdgeError> {
    start::make_private(folder)
        .map_err(|source| EdgeError::DataDir { path: folder.display().to_string(), source })
}
