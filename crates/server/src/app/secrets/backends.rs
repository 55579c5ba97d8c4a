//! The backends of connectors: made when they are first used, kept with their sessions, made anew after a change.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use promptsync_core::{
    connectors::ConnectorKind,
    ids::ConnectorId,
    secrets::SecretValue,
    time::{Clock, Timestamp},
};
use promptsync_outbound::{Client, Limits, SystemLookup};
use promptsync_secrets::{
    Aws, Backend, Cache, Files, Vault,
    aws::{AwsSettings, CredentialSource, Credentials},
    vault::VaultSettings,
};
use promptsync_store::{ReadTx, StoreError, connectors, connectors::Connector};
use serde_json::Value;

use crate::{app::App, config::Config};

/// Backends kept at most; each may hold a session.
const MOST: usize = 1_000;

/// To a connection with a backend.
const CONNECT: Duration = Duration::from_secs(3);

/// Bytes of a backend's answer.
const ANSWER: usize = 1 << 20;

/// The backends in use, and what was read from them.
pub(crate) struct Backends {
    pub(crate) cache: Cache,
    client: Client,
    clock: Arc<dyn Clock>,
    open: Mutex<HashMap<ConnectorId, (Timestamp, Arc<Backend>)>>,
}

/// Why a connector has no backend.
pub(crate) enum NotBuilt {
    /// The database failed.
    Store(StoreError),
    /// The operator does not allow its kind.
    NotAllowed,
    /// This setting is wrong.
    Settings(&'static str),
}

impl From<StoreError> for NotBuilt {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Backends {
    /// No backend yet.
    pub(crate) fn new(config: &Config, clock: &Arc<dyn Clock>) -> Self {
        let limits = Limits { connect: CONNECT, total: config.secrets.timeout, bytes: ANSWER };
        Self {
            cache: Cache::new(Arc::clone(clock), config.secrets.keep),
            client: Client::with(config.outbound.clone(), limits, Arc::new(SystemLookup), Vec::new()),
            clock: Arc::clone(clock),
            open: Mutex::default(),
        }
    }

    /// The backend of a connector as it is now.
    pub(crate) async fn backend(
        &self,
        app: &App,
        tx: &mut ReadTx,
        connector: &Connector,
    ) -> Result<Arc<Backend>, NotBuilt> {
        if let Some((updated_at, backend)) = self.lock().get(&connector.id)
            && *updated_at == connector.updated_at
        {
            return Ok(Arc::clone(backend));
        }
        let credential = if connector.has_credential {
            connectors::credential(tx, &connector.workspace, &connector.id).await?
        } else {
            None
        };
        let settings = Value::Object(connector.settings.clone());
        let built = self.build(&app.config, connector.kind, &connector.url, settings, credential)?;
        let backend = Arc::new(built);
        let mut open = self.lock();
        if open.len() >= MOST {
            open.clear();
        }
        open.insert(connector.id.clone(), (connector.updated_at, Arc::clone(&backend)));
        Ok(backend)
    }

    /// A backend from what a connector says.
    pub(crate) fn build(
        &self,
        config: &Config,
        kind: ConnectorKind,
        url: &str,
        settings: Value,
        credential: Option<SecretValue>,
    ) -> Result<Backend, NotBuilt> {
        if !config.secrets.kinds.contains(&kind) {
            return Err(NotBuilt::NotAllowed);
        }
        let (client, clock) = (self.client.clone(), Arc::clone(&self.clock));
        match kind {
            ConnectorKind::Environment => Ok(Backend::Environment(config.secrets.environment.clone())),
            ConnectorKind::File => {
                let folder = config.secrets.folder.as_ref().ok_or(NotBuilt::NotAllowed)?;
                Ok(Backend::Files(Files::new(folder)))
            }
            ConnectorKind::Vault => {
                let settings: VaultSettings =
                    serde_json::from_value(settings).map_err(|_| NotBuilt::Settings("settings"))?;
                settings.wrong().map_or(Ok(()), |name| Err(NotBuilt::Settings(name)))?;
                let credential = credential.ok_or(NotBuilt::Settings("credential"))?;
                Ok(Backend::Vault(Box::new(Vault::new(client, clock, url, settings, credential))))
            }
            ConnectorKind::Aws => {
                let settings: AwsSettings =
                    serde_json::from_value(settings).map_err(|_| NotBuilt::Settings("settings"))?;
                settings.wrong().map_or(Ok(()), |name| Err(NotBuilt::Settings(name)))?;
                let source = match credential {
                    Some(text) => {
                        let credentials = Credentials::parse(text.expose());
                        CredentialSource::Stored(credentials.ok_or(NotBuilt::Settings("credential"))?)
                    }
                    None if config.secrets.aws_ambient => {
                        CredentialSource::Ambient(Arc::clone(&config.secrets.aws))
                    }
                    None => return Err(NotBuilt::Settings("credential")),
                };
                let url = if url.is_empty() { settings.url() } else { url.to_owned() };
                Ok(Backend::Aws(Box::new(Aws::new(client, clock, &url, settings, source))))
            }
        }
    }

    /// Says whether a URL may be called.
    pub(crate) async fn check(&self, url: &str) -> Result<(), promptsync_outbound::SendError> {
        self.client.check(url).await
    }

    /// Forgets a connector that was changed or removed: its session, and what was read through it.
    pub(crate) fn forget(&self, connector: &ConnectorId) {
        self.lock().remove(connector);
        self.cache.forget(&format!("{connector}@"));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ConnectorId, (Timestamp, Arc<Backend>)>> {
        self.open.lock().expect("no code panics while it holds this lock")
    }
}

impl std::fmt::Debug for Backends {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Backends").field("cache", &self.cache).finish_non_exhaustive()
    }
}
