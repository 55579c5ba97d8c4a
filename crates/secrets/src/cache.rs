//! What was read over the network, kept in memory for a while: one read at a time for each secret, failures shortly.

use std::{
    collections::HashMap,
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use promptsync_core::time::Clock;

use crate::{Fields, ReadError};

/// How long a failure is kept: long enough that a backend that is down is not asked by every render.
const FAILED_FOR: Duration = Duration::from_secs(5);

/// Secrets kept at most.
const MOST: usize = 10_000;

/// Whose secret, read how, and which: a connector that was changed has another `connector`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CacheKey {
    /// The workspace's id.
    pub workspace: String,
    /// The connector and its revision.
    pub connector: String,
    /// The secret's path.
    pub path: String,
}

/// A cache in memory. Nothing of it is written anywhere; values are wiped when they go.
pub struct Cache {
    clock: Arc<dyn Clock>,
    keep: Duration,
    slots: Mutex<HashMap<CacheKey, Arc<Slot>>>,
}

struct Slot {
    /// Until when its outcome counts, in microseconds; readable while the slot is being filled.
    until: AtomicI64,
    /// Held while the secret is read, so that others wait for that one read.
    outcome: tokio::sync::Mutex<Option<Result<Fields, ReadError>>>,
}

impl Cache {
    /// An empty cache that keeps secrets so long; zero keeps none.
    pub fn new(clock: Arc<dyn Clock>, keep: Duration) -> Self {
        Self { clock, keep, slots: Mutex::default() }
    }

    /// The secret from memory, or read now. Callers who ask for the same one wait for the same read.
    pub async fn get<F: Future<Output = Result<Fields, ReadError>>>(
        &self,
        key: &CacheKey,
        read: impl FnOnce() -> F,
    ) -> Result<Fields, ReadError> {
        if self.keep.is_zero() {
            return read().await;
        }
        let slot = self.slot(key);
        let mut outcome = slot.outcome.lock().await;
        if slot.until.load(Ordering::Relaxed) > self.now()
            && let Some(known) = &*outcome
        {
            return known.clone();
        }
        let fresh = read().await;
        let lasts = if fresh.is_ok() { self.keep } else { FAILED_FOR.min(self.keep) };
        let lasts = i64::try_from(lasts.as_micros()).unwrap_or(i64::MAX);
        slot.until.store(self.now().saturating_add(lasts), Ordering::Relaxed);
        *outcome = Some(fresh.clone());
        self.sweep();
        fresh
    }

    /// Wipes what is too old to be used. A read does so too; a server calls it now and then, when nothing is read.
    pub fn sweep(&self) {
        let now = self.now();
        // Whoever holds a slot is filling it or reading from it.
        self.lock().retain(|_, slot| slot.until.load(Ordering::Relaxed) > now || Arc::strong_count(slot) > 1);
    }

    /// Forgets what was read through a connector; `connector` is how its keys begin.
    pub fn forget(&self, connector: &str) {
        self.lock().retain(|key, _| !key.connector.starts_with(connector));
    }

    /// How many secrets are kept.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn slot(&self, key: &CacheKey) -> Arc<Slot> {
        let mut slots = self.lock();
        if let Some(slot) = slots.get(key) {
            return Arc::clone(slot);
        }
        if slots.len() >= MOST
            && let Some(oldest) = slots
                .iter()
                .min_by_key(|(_, slot)| slot.until.load(Ordering::Relaxed))
                .map(|(key, _)| key.clone())
        {
            slots.remove(&oldest);
        }
        let slot = Arc::new(Slot { until: AtomicI64::new(i64::MIN), outcome: tokio::sync::Mutex::new(None) });
        slots.insert(key.clone(), Arc::clone(&slot));
        slot
    }

    fn now(&self) -> i64 {
        self.clock.now().timestamp_micros()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CacheKey, Arc<Slot>>> {
        self.slots.lock().expect("no code panics while it holds this lock")
    }
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").field("keep", &self.keep).field("len", &self.len()).finish_non_exhaustive()
    }
}
