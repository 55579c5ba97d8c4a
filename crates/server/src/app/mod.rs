//! The use cases: one file a noun, one function a thing callers can do, one transaction each.
//!
//! A use case reads what it needs, asks `core` for the rule, writes through `store`, and ends in
//! [`change::Change::commit`] with the audit entry. HTTP does not appear here but as the errors callers get.

pub(crate) mod access_records;
pub(crate) mod aliases;
pub(crate) mod audit;
pub(crate) mod bindings;
pub(crate) mod change;
pub(crate) mod clients;
pub(crate) mod compatibility;
mod compiled;
pub(crate) mod connectors;
pub(crate) mod devices;
pub(crate) mod diffs;
pub(crate) mod documents;
pub(crate) mod environments;
pub(crate) mod group_roles;
pub(crate) mod history;
pub(crate) mod invitations;
pub(crate) mod keys;
pub(crate) mod locks;
pub(crate) mod login;
pub(crate) mod members;
pub(crate) mod oidc;
pub(crate) mod pages;
pub(crate) mod project_secrets;
pub(crate) mod projects;
pub(crate) mod prompts;
pub(crate) mod proofs;
pub(crate) mod push;
mod refusals;
pub(crate) mod releases;
pub(crate) mod render;
pub(crate) mod reseal;
pub(crate) mod resets;
pub(crate) mod resolve;
pub(crate) mod roles;
pub(crate) mod scopes;
pub(crate) mod search;
pub(crate) mod secrets;
pub(crate) mod sessions;
pub(crate) mod set_up;
pub(crate) mod signing_keys;
pub(crate) mod snapshots;
pub(crate) mod splits;
pub(crate) mod streams;
pub(crate) mod teams;
pub(crate) mod versions;
pub(crate) mod workspaces;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::TimeDelta;
use promptsync_api::sign_in::SessionKind;
use promptsync_core::{ids::Ids, limits::Limits, time::Clock};
use promptsync_store::Db;

use crate::{
    auth::{Guesses, Keys, Passwords, Seats, Tries, Uses, secret::ServerSecret, token::Tokens},
    config::Config,
    delivery::{Delivery, Streams},
    http::error::ApiError,
    load::Load,
    masters::Masters,
    oidc::Provider,
    rates::Rates,
};
use access_records::AccessRecords;
use change::Change;
use compiled::CompiledDocuments;

/// Changes after which the audit chain is signed, if its minute is not over before.
const CHANGES_PER_CHECKPOINT: u64 = 500;

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
    /// Where the master keys are that the database was opened with.
    pub(crate) masters: Masters,
    pub(crate) keys: Keys,
    pub(crate) key_uses: Uses,
    pub(crate) tries: Tries,
    pub(crate) guesses: Guesses,
    pub(crate) passwords: Passwords,
    pub(crate) seats: Seats,
    pub(crate) tokens: Tokens,
    pub(crate) asking: devices::Asking,
    /// Where the server listens, once it does.
    pub(crate) address: OnceLock<SocketAddr>,
    pub(crate) rates: Rates,
    /// What is being worked on.
    pub(crate) load: Load,
    pub(crate) compiled: CompiledDocuments,
    /// What callers get, in memory.
    pub(crate) delivery: Delivery,
    /// Who listens to what.
    pub(crate) streams: Streams,
    /// Running applications.
    pub(crate) clients: clients::Clients,
    pub(crate) snapshots: snapshots::Snapshots,
    pub(crate) signers: signing_keys::Signers,
    /// Accesses that wait to be written.
    pub(crate) access: AccessRecords,
    /// Asks for a checkpoint before its time.
    pub(crate) checkpoint_due: tokio::sync::Notify,
    changes: AtomicU64,
    pub(crate) secrets: secrets::Backends,
    pub(crate) provider: Option<Provider>,
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
        let secrets = secrets::Backends::new(&config, &clock);
        let provider = Provider::configured(&config);
        Self {
            db,
            ids,
            random,
            access: AccessRecords::new(Arc::clone(&clock)),
            clock,
            limits: Limits::default(),
            compiled: CompiledDocuments::new(config.cache_bytes),
            delivery: Delivery::new(config.answer_bytes),
            streams: Streams::new(config.streams),
            clients: clients::Clients::default(),
            snapshots: snapshots::Snapshots::default(),
            outbound: promptsync_outbound::Client::new(config.outbound.clone()),
            tokens: Tokens::new(&secret, &config.public_url),
            rates: Rates::new(config.rates),
            load: Load::new(config.max_requests),
            masters: Masters::of(&config),
            config,
            secret,
            keys: Keys::default(),
            key_uses: Uses::default(),
            tries: Tries::default(),
            signers: signing_keys::Signers::default(),
            checkpoint_due: tokio::sync::Notify::new(),
            changes: AtomicU64::new(0),
            guesses: Guesses::default(),
            passwords: Passwords::default(),
            seats: Seats::default(),
            asking: devices::Asking::default(),
            address: OnceLock::new(),
            secrets,
            provider,
            unaudited: AtomicU64::new(0),
        }
    }

    /// The same with master keys that are in memory already.
    #[must_use]
    pub(crate) fn with_masters(self, masters: Masters) -> Self {
        Self { masters, ..self }
    }

    /// Where people reach the server, without a slash at the end: as configured, else where it listens. Never what a
    /// request says.
    pub(crate) fn public_url(&self) -> String {
        if !self.config.public_url.is_empty() {
            return self.config.public_url.clone();
        }
        let mut address = *self.address.get().unwrap_or(&self.config.listen);
        if address.ip().is_unspecified() {
            address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
        }
        let scheme = if self.config.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{address}")
    }

    /// How long a session lasts without being used, and at most.
    pub(crate) fn session_lengths(&self, kind: SessionKind) -> (TimeDelta, TimeDelta) {
        let length = |duration| TimeDelta::from_std(duration).unwrap_or(TimeDelta::days(365));
        let Config { session_idle, session, cli_session, .. } = self.config;
        match kind {
            SessionKind::Browser => (length(session_idle), length(session)),
            SessionKind::Cli => (length(cli_session), length(cli_session)),
        }
    }

    /// Runs work away from the threads that serve connections, unless it is little: to hand it to another thread and
    /// back would take longer.
    pub(crate) async fn blocking_unless<T: Send + 'static>(
        is_little: bool,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        if is_little { Ok(work()) } else { Self::blocking(work).await }
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

    /// Counts a committed change: after some hundred of them the chain is signed before its time.
    pub(crate) fn changed(&self) {
        if (self.changes.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(CHANGES_PER_CHECKPOINT) {
            self.checkpoint_due.notify_one();
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
        app_at(Arc::new(SystemClock)).await
    }

    /// The same with this clock.
    pub(crate) async fn app_at(clock: Arc<dyn Clock>) -> App {
        let config = Config::merge(&[].into(), &[].into(), Path::new(".")).expect("the defaults are valid");
        let db = Db::in_memory(promptsync_testing::keyring()).await.expect("a database in memory");
        let secret = ServerSecret::from_bytes([7; 32]);
        App::new(db, config, secret, clock, Arc::new(RandomIds), Arc::new(system_random))
    }
}
