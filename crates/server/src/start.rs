//! Starting the server: from a configuration to an address that answers.

use std::{fs, future::Future, io, net::SocketAddr, path::Path, sync::Arc};

use promptsync_store::{Db, StoreError};
use tokio::{
    net::{TcpListener, TcpSocket},
    signal::unix::{SignalKind, signal},
};

use crate::{
    App, Config, RandomIds, Service, SystemClock,
    auth::secret::{SecretError, ServerSecret},
    backup,
    delivery::Following,
    jobs::Jobs,
    listen::{self, Tls, TlsError},
    masters::{MasterKeyError, Masters},
    oidc::OidcError,
    system_random,
};

/// The embedded database's file in the data folder.
pub(crate) const DATABASE: &str = "promptsync.db";

/// Connections that may wait to be accepted; the system may allow fewer.
const BACKLOG: u32 = 4096;

/// File descriptors kept for the database, logs and the like.
const RESERVED_FILES: u64 = 64;

/// A server that cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be made.
    #[error("cannot use the data folder {path}")]
    DataDir {
        /// The folder.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A restore that was interrupted cannot be finished.
    #[error("the restore that was interrupted in {path} cannot be finished")]
    Restore {
        /// The data folder.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The server's key is missing or wrong.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The master key is missing or wrong.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// The database cannot be opened.
    #[error("cannot open the database")]
    Store(#[from] StoreError),
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
    /// The identity provider is configured wrongly.
    #[error("cannot use the identity provider: {reason}")]
    Provider {
        /// Why.
        reason: String,
    },
    /// The process cannot be told to stop.
    #[error("cannot receive signals")]
    Signals(#[source] io::Error),
}

/// A server that is ready: its address is bound, its database open.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<Arc<Tls>>,
    service: Arc<Service>,
}

impl Server {
    /// Opens the database and binds the address.
    pub async fn bind(config: Config) -> Result<Self, StartError> {
        let address = config.listen;
        let tls = config.tls.clone().map(Tls::load).transpose()?.map(Arc::new);
        warn_of_plain_http(&config);
        let app = Box::pin(open_or_stand_by(config)).await?;
        let wrong = |error: OidcError| StartError::Provider { reason: error.to_string() };
        app.check_provider().await.map_err(wrong)?;
        let failed = |source| StartError::Listen { address, source };
        let listener = bind(address).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        app.address.get_or_init(|| address);
        Ok(Self { listener, address, tls, service: Arc::new(Service::new(Arc::new(app))) })
    }

    /// The address it is bound to, with the port the system chose when none was given.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address as a URL.
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Serves until `stop` is ready, then finishes what is under way.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let mut limits = self.service.app().config.limits.clone();
        // Connections and streams share what the system gives.
        let files = open_files();
        limits.streams = limits.streams.min(files / 2);
        limits.connections = limits.connections.min(files - limits.streams);
        let jobs = Jobs::start(self.service.app());
        let following = Following::start(self.service.app());
        let watching = self.tls.clone().map(|tls| tokio::spawn(listen::watch(tls)));
        listen::serve(self.listener, self.tls, Arc::clone(&self.service), limits, stop).await;
        if let Some(watching) = watching {
            watching.abort();
        }
        drop(following);
        jobs.stop().await;
        self.service.app().db.close().await;
    }
}

/// Serves until the process is told to stop (SIGTERM, SIGINT). `ready` is called once with the URL, and with the link to
/// the first user while there is none.
pub async fn serve(config: Config, ready: impl FnOnce(&str, Option<&str>)) -> Result<(), StartError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(StartError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(StartError::Signals)?;
    let server = Server::bind(config).await?;
    let link = match server.service.app().set_up_link().await {
        // It runs on its last-good copy: whoever it is that has to set it up has done so.
        Err(StoreError::Unavailable(_)) => None,
        link => link?,
    };
    ready(&server.url(), link.as_deref());
    server
        .run(async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        })
        .await;
    Ok(())
}

/// Keys would travel readable for everybody on the way, unless a proxy in front speaks TLS.
pub(crate) fn warn_of_plain_http(config: &Config) {
    if config.tls.is_none() && config.trusted_proxies.is_empty() && !config.listen.ip().is_loopback() {
        tracing::warn!(
            address = %config.listen,
            "keys and prompts travel unencrypted; set tls_certificate and tls_key, or name the proxy in front in trusted_proxies"
        );
    }
}

/// Binds the address, with room for a rush of new connections.
pub(crate) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Opens everything a server needs but the network.
pub async fn open(config: Config) -> Result<App, StartError> {
    opened(config, false).await
}

/// The same for a server: while its PostgreSQL does not answer, it reads from its last-good copy, if there is one.
pub async fn open_or_stand_by(config: Config) -> Result<App, StartError> {
    opened(config, true).await
}

async fn opened(config: Config, may_stand_by: bool) -> Result<App, StartError> {
    make_private(&config.data_dir)
        .map_err(|source| StartError::DataDir { path: config.data_dir.display().to_string(), source })?;
    backup::finish(&config.data_dir)
        .map_err(|source| StartError::Restore { path: config.data_dir.display().to_string(), source })?;
    let secret = match &config.server_key {
        Some(key) => ServerSecret::parse(&key.0)?,
        None => ServerSecret::of_data_dir(&config.data_dir)?,
    };
    let masters = Masters::of(&config);
    let keyring = masters.keyring().await?;
    let first = keyring.ids().is_empty();
    let db = match &config.database_url {
        Some(url) => Db::postgres_at(&url.0, keyring)?,
        None => Db::open_sqlite(&config.data_dir.join(DATABASE), keyring).await?,
    };
    let app =
        App::new(db, config, secret, Arc::new(SystemClock), Arc::new(RandomIds), Arc::new(system_random))
            .with_masters(masters);
    if may_stand_by
        && let Err(StoreError::Unavailable(_)) = app.db.lookout().knock().await
        && app.stand_by().await
    {
        app.db.reach().set_away(true);
        tracing::warn!(
            "the database does not answer: the server starts with its last-good copy and only reads"
        );
        return Ok(app);
    }
    app.db.prepare().await?;
    // It opened without a master key, so nothing is sealed in it.
    if first {
        app.masters.create().await?;
        app.db.keyring().replace(app.masters.read()?);
    }
    if app.db.passes_walls().await? {
        tracing::warn!(
            "the database role is a superuser or has BYPASSRLS: row-level security does not hold the server; \
             docs/operations/postgresql.md says how to set up another"
        );
    }
    app.prepare().await?;
    Ok(app)
}

/// Whether the configured database's role passes the wall between workspaces; none with SQLite. Nothing is changed.
pub async fn passes_walls(config: &Config) -> Result<Option<bool>, StartError> {
    match &config.database_url {
        Some(url) => Ok(Some(Db::role_passes_walls(&url.0).await?)),
        None => Ok(None),
    }
}

/// A folder that only its owner can read, when it is made here.
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    if path.is_dir() {
        return Ok(());
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Connections the system's limit of open files leaves room for, after asking for as many as it gives.
pub(crate) fn open_files() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let current = if setrlimit(Resource::Nofile, raised).is_ok() { limit.maximum } else { limit.current };
    current.map_or(usize::MAX, |files| {
        usize::try_from(files.saturating_sub(RESERVED_FILES)).unwrap_or(usize::MAX).max(1)
    })
}
