//! Who may ask an edge: keys that the server knows, and what it said of each.
//!
//! An edge cannot check a key by itself. It asks the server who the key belongs to, with the key, and again when the
//! answer is older than the interval. While the server is away its last answer counts, for a day at most. What is kept,
//! in memory and in the data folder, is a keyed hash of the key and what the server said; the file carries a seal, so
//! that a key can only be put into it by whoever has the edge's own secret. A key that was never seen opens nothing.

use std::{
    collections::HashMap,
    fs, io,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use promptsync_api::{
    error::{RATE_LIMITED, UNAUTHENTICATED, UNAVAILABLE},
    server::Whoami,
};
use promptsync_client::{Client, ClientError};
use promptsync_core::{
    access::{Grant, Principal, Scope},
    digest::hex,
    ids::{ProjectId, WorkspaceId},
    time::{Clock, Timestamp},
};
use serde::{Deserialize, Serialize};

use crate::{
    ServerSecret,
    auth::{Tries, key::ApiKey},
    http::error::ApiError,
};

/// How long the server's last word about a key counts while it is away, as on a server whose database is.
const LAST_WORD: TimeDelta = TimeDelta::hours(24);

/// How long a key that was seen waits for the server, before its last word counts.
const CHECK: Duration = Duration::from_millis(250);

/// How long one that was not does.
const FIRST: Duration = Duration::from_secs(5);

/// How long the server is not asked again after it did not answer.
const AWAY: Duration = Duration::from_secs(1);

/// Keys that are remembered, good ones and wrong ones.
const MOST: usize = 10_000;

/// Somebody who may ask.
#[derive(Debug)]
pub(crate) struct Reader {
    /// What the server said.
    pub(crate) whoami: Whoami,
    /// What that allows. Projects are known by their names here.
    pub(crate) principal: Principal,
    confirmed: Timestamp,
    /// The same by a clock that nobody sets; none when it was before this edge started.
    asked: Option<Instant>,
}

/// Who may ask.
pub(crate) struct Readers {
    secret: ServerSecret,
    clock: Arc<dyn Clock>,
    file: PathBuf,
    /// What the seal names beside the text: a file of another server is none of this one.
    upstream: String,
    fresh: Duration,
    state: Mutex<State>,
    tries: Tries,
    changed: AtomicBool,
    writing: Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    known: HashMap<String, Arc<Reader>>,
    wrong: HashMap<String, Instant>,
    in_vain: Option<Instant>,
    asking: HashMap<String, Arc<tokio::sync::Mutex<()>>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    seal: String,
    readers: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptReader {
    key: String,
    confirmed: Timestamp,
    whoami: Whoami,
}

impl Reader {
    fn new(whoami: Whoami, confirmed: Timestamp, asked: Option<Instant>) -> Self {
        let project = |name: &promptsync_core::names::ProjectName| ProjectId::new(name.as_str());
        let scope = match (&whoami.project, &whoami.module, &whoami.environment) {
            (None, ..) => Scope::Workspace,
            (Some(own), _, Some(alias)) => Scope::Environment(project(own), alias.clone()),
            (Some(own), Some(module), None) => Scope::Module(project(own), module.clone()),
            (Some(own), None, None) => Scope::Project(project(own)),
        };
        let permissions = whoami.permissions.iter().copied().collect();
        let workspace = WorkspaceId::new(whoami.workspace.as_str());
        Self {
            principal: Principal { workspace, grants: vec![Grant { permissions, scope }] },
            whoami,
            confirmed,
            asked,
        }
    }
}

impl std::fmt::Debug for Readers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Readers").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Readers {
    /// Those that were kept in a folder.
    pub(crate) fn open(
        folder: &Path,
        upstream: &str,
        secret: ServerSecret,
        clock: Arc<dyn Clock>,
        fresh: Duration,
    ) -> Self {
        let readers = Self {
            secret,
            clock,
            file: folder.join("readers.json"),
            upstream: upstream.to_owned(),
            fresh,
            state: Mutex::default(),
            tries: Tries::default(),
            changed: AtomicBool::new(false),
            writing: Mutex::default(),
        };
        let kept = readers.kept().unwrap_or_default().into_iter();
        readers.state().known =
            kept.map(|kept| (kept.key, Arc::new(Reader::new(kept.whoami, kept.confirmed, None)))).collect();
        readers
    }

    /// Who shows this key, no older than the interval while the server answers.
    pub(crate) async fn admit(
        self: &Arc<Self>,
        key: &str,
        upstream: &Client,
        peer: Option<IpAddr>,
    ) -> Result<Arc<Reader>, ApiError> {
        let wrong = || self.wrong(peer);
        let key = ApiKey::parse(key).ok_or_else(wrong)?;
        let hash = hex(&self.secret.seal("edge_reader", &[key.secret()]));
        if let Some(reader) = self.fresh(&hash) {
            return Ok(reader);
        }
        // Of several requests with one key one asks.
        let turn = self.turn(&hash);
        let _turn = turn.lock().await;
        if let Some(reader) = self.fresh(&hash) {
            return Ok(reader);
        }
        let was_known = self.state().known.contains_key(&hash);
        let answer = self.ask(&hash, key.secret(), upstream, peer).await;
        self.state().asking.remove(&hash);
        // A key that is new or gone is so after a restart too.
        if self.state().known.contains_key(&hash) != was_known {
            self.write().await;
        }
        answer
    }

    fn turn(&self, hash: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut state = self.state();
        // Those who went away before they were answered leave theirs behind.
        if state.asking.len() >= MOST {
            state.asking.clear();
        }
        Arc::clone(state.asking.entry(hash.to_owned()).or_default())
    }

    /// What the server said of a key a moment ago.
    fn fresh(&self, hash: &str) -> Option<Arc<Reader>> {
        let reader = self.state().known.get(hash).cloned()?;
        reader.asked.is_some_and(|asked| asked.elapsed() < self.fresh).then_some(reader)
    }

    async fn ask(
        &self,
        hash: &str,
        key: &str,
        upstream: &Client,
        peer: Option<IpAddr>,
    ) -> Result<Arc<Reader>, ApiError> {
        let (last_word, was_wrong, is_away) = {
            let state = self.state();
            (
                state.known.get(hash).cloned(),
                state.wrong.get(hash).is_some_and(|since| since.elapsed() < self.fresh),
                state.in_vain.is_some_and(|since| since.elapsed() < AWAY),
            )
        };
        if was_wrong {
            return Err(self.wrong(peer));
        }
        if last_word.is_none()
            && let Some(seconds) = peer.and_then(|peer| self.tries.blocked(peer))
        {
            return Err(too_many(seconds));
        }
        let answer = if is_away {
            None
        } else {
            let asking = upstream.on_behalf(key, peer).map_err(|_| self.wrong(peer))?;
            let within = if last_word.is_some() { CHECK } else { FIRST };
            tokio::time::timeout(within, asking.whoami()).await.ok()
        };
        match answer {
            Some(Ok(whoami)) => Ok(self.keep(hash, whoami)),
            Some(Err(ClientError::Refused { body })) if matches!(body.status, 401 | 403) => {
                self.forget(hash);
                Err(self.wrong(peer))
            }
            // It answers: no key that is known gets this.
            Some(Err(ClientError::Refused { body })) if body.status == 429 && last_word.is_none() => {
                Err(too_many(1))
            }
            _ => {
                if !is_away {
                    self.state().in_vain = Some(Instant::now());
                }
                let now = self.clock.now();
                // A clock that was set back makes nothing younger.
                let is_young = |reader: &Arc<Reader>| (now - reader.confirmed).abs() < LAST_WORD;
                let last_word = last_word.filter(is_young);
                last_word.ok_or_else(|| {
                    let detail = "the server does not answer, and this key has not been seen here lately";
                    ApiError::new(UNAVAILABLE, detail).retry_after(1)
                })
            }
        }
    }

    fn keep(&self, hash: &str, whoami: Whoami) -> Arc<Reader> {
        let reader = Arc::new(Reader::new(whoami, self.clock.now(), Some(Instant::now())));
        let mut state = self.state();
        if state.known.len() >= MOST && !state.known.contains_key(hash) {
            // The one that was confirmed longest ago has been away longest.
            let oldest = state.known.iter().min_by_key(|(_, reader)| reader.confirmed);
            if let Some(oldest) = oldest.map(|(hash, _)| hash.clone()) {
                state.known.remove(&oldest);
            }
        }
        state.in_vain = None;
        state.wrong.remove(hash);
        state.known.insert(hash.to_owned(), Arc::clone(&reader));
        drop(state);
        self.changed.store(true, Ordering::Relaxed);
        reader
    }

    fn forget(&self, hash: &str) {
        let mut state = self.state();
        state.in_vain = None;
        state.known.remove(hash);
        if state.wrong.len() >= MOST {
            state.wrong.clear();
        }
        state.wrong.insert(hash.to_owned(), Instant::now());
        drop(state);
        self.changed.store(true, Ordering::Relaxed);
    }

    /// Writes down who may ask, when that changed since the last time. Without a file that can be written an edge goes
    /// on, and knows nobody after a restart.
    pub(crate) async fn write(self: &Arc<Self>) {
        let readers = Arc::clone(self);
        let written = tokio::task::spawn_blocking(move || readers.try_write()).await;
        if let Ok(Err(error)) = written {
            tracing::warn!(file = %self.file.display(), %error, "who may ask cannot be written down");
        }
    }

    fn try_write(&self) -> io::Result<()> {
        let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.changed.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        let kept = |(key, reader): (&String, &Arc<Reader>)| KeptReader {
            key: key.clone(),
            confirmed: reader.confirmed,
            whoami: reader.whoami.clone(),
        };
        let readers: Vec<KeptReader> = self.state().known.iter().map(kept).collect();
        let readers = serde_json::to_string(&readers)?;
        let seal = hex(&self.secret.seal("edge_readers", &[&self.upstream, &readers]));
        let new = self.file.with_extension("new");
        let _ = fs::remove_file(&new);
        crate::auth::secret::write_private(&new, &serde_json::to_string(&Kept { seal, readers })?)?;
        fs::rename(&new, &self.file)
    }

    fn kept(&self) -> Option<Vec<KeptReader>> {
        let kept: Kept = serde_json::from_slice(&fs::read(&self.file).ok()?).ok()?;
        let seal = hex(&self.secret.seal("edge_readers", &[&self.upstream, &kept.readers]));
        // The seal is compared as a whole: whoever can try has the folder, and learns nothing from the time it takes.
        if seal != kept.seal {
            tracing::warn!(file = %self.file.display(), "the kept readers are not what this edge wrote; they are not believed");
            return None;
        }
        serde_json::from_str(&kept.readers).ok()
    }

    /// The answer to a wrong key, until too many came from there.
    fn wrong(&self, peer: Option<IpAddr>) -> ApiError {
        if let Some(peer) = peer {
            if let Some(seconds) = self.tries.blocked(peer) {
                return too_many(seconds);
            }
            self.tries.note(peer);
        }
        ApiError::new(UNAUTHENTICATED, "this key is not valid: it is mistyped, revoked or expired")
            .hint("an edge takes API keys, `Authorization: Bearer ps_…`; people sign in at the server")
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn too_many(seconds: u64) -> ApiError {
    ApiError::new(RATE_LIMITED, "too many wrong keys came from this address").retry_after(seconds)
}
