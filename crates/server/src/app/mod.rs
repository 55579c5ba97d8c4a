//! The use cases: one file a noun, one function a thing callers can do, one transaction each.
//!
//! A use case reads what it needs, asks `core` for the rule, writes through `store`, and ends in
//! [`change::Change::commit`] with the audit entry. HTTP does not appear here but as the errors callers get.

pub(crate) mod access_records;
pub(crate) mod aliases;
pub(crate) mod change;
mod compiled;
pub(crate) mod diffs;
pub(crate) mod documents;
pub(crate) mod history;
pub(crate) mod keys;
pub(crate) mod pages;
pub(crate) mod projects;
pub(crate) mod prompts;
pub(crate) mod push;
mod refusals;
pub(crate) mod releases;
pub(crate) mod render;
pub(crate) mod resolve;
pub(crate) mod roles;
pub(crate) mod scopes;
pub(crate) mod search;
pub(crate) mod signing_keys;
pub(crate) mod versions;
pub(crate) mod workspaces;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use promptsync_core::{ids::Ids, limits::Limits, time::Clock};
use promptsync_store::Db;

use crate::{
    auth::{Keys, Tries, Uses, secret::ServerSecret},
    config::Config,
    http::error::ApiError,
};
use access_records::AccessRecords;
use change::Change;
use compiled::CompiledDocuments;

/// Fills a buffer with random bytes. The process has the system's source, tests a seeded one.
pub type Random = dyn Fn(&mut [u8]) + Send + Sync;

/// Everything the use cases need, and nothing about the network.
pub struct App {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// New secrets.
    pub random: Arc<Random>,
    /// Sizes beyond which input is refused.
    pub limits: Limits,
    /// The one door to other people's servers.
    pub outbound: promptsync_outbound::Client,
    /// The configuration.
    pub config: Config,
    pub(crate) secret: ServerSecret,
    pub(crate) keys: Keys,
    pub(crate) key_uses: Uses,
    pub(crate) tries: Tries,
    pub(crate) compiled: CompiledDocuments,
    pub(crate) signers: signing_keys::Signers,
    /// Accesses that wait to be written.
    pub(crate) access: AccessRecords,
    unaudited: AtomicU64,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("config", &self.config).finish_non_exhaustive()
    }
}

impl App {
    /// An application around a database.
    pub fn new(
        db: Db,
        config: Config,
        secret: ServerSecret,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        random: Arc<Random>,
    ) -> Self {
        Self {
            db,
            ids,
            random,
            access: AccessRecords::new(Arc::clone(&clock)),
            clock,
            limits: Limits::default(),
            compiled: CompiledDocuments::new(config.cache_bytes),
            outbound: promptsync_outbound::Client::new(config.outbound.clone()),
            config,
            secret,
            keys: Keys::default(),
            key_uses: Uses::default(),
            tries: Tries::default(),
            signers: signing_keys::Signers::default(),
            unaudited: AtomicU64::new(0),
        }
    }

    /// Runs work that takes the processor for a while, away from the threads that serve connections.
    pub(crate) async fn blocking<T: Send + 'static>(
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)
    }

    /// Notes a success of a route that changes data: it must have written an audit entry, or have said that nothing
    /// changed.
    pub(crate) fn audited(&self, change: &Change, path: &str) {
        if !change.is_accounted_for() {
            self.unaudited.fetch_add(1, Ordering::Relaxed);
            tracing::error!(path, "a change was answered without an audit entry");
        }
    }

    /// How many changes were answered without an audit entry since the start: always 0, which tests assert.
    pub fn unaudited(&self) -> u64 {
        self.unaudited.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::path::Path;

    use super::*;
    use crate::{RandomIds, SystemClock, system_random};

    /// An application with a database in memory.
    pub(crate) async fn app() -> App {
        let config = Config::merge(&[].into(), &[].into(), Path::new(".")).expect("the defaults are valid");
        let db = Db::in_memory(promptsync_testing::keyring()).await.expect("a database in memory");
        let secret = ServerSecret::from_bytes([7; 32]);
        App::new(db, config, secret, Arc::new(SystemClock), Arc::new(RandomIds), Arc::new(system_random))
    }
}
