//! Keys in memory: most requests are authenticated without the database.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use promptsync_core::access::{Grant, Principal};
use promptsync_store::keys::Key;
use tokio::time::Instant;

/// How old an entry may be before it is read again: what another server revokes stops working here within it.
pub(crate) const FRESH: Duration = Duration::from_secs(1);
/// How old an entry may be while the database does not answer, for reading alone.
const LAST_GOOD: Duration = Duration::from_hours(24);
/// For how long no known key is checked after a check that took too long.
const IN_VAIN: Duration = Duration::from_secs(1);
/// Keys kept; beyond it all are dropped and read again.
const MAX: usize = 10_000;

/// A key that was read, and what it may do.
#[derive(Debug)]
pub(crate) struct KnownKey {
    /// The key.
    pub(crate) key: Key,
    /// What it may do.
    pub(crate) principal: Arc<Principal>,
}

/// Keys by the part they are found by.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    known: Mutex<HashMap<String, (Arc<KnownKey>, Instant)>>,
    in_vain: Mutex<Option<Instant>>,
}

impl From<Key> for KnownKey {
    fn from(key: Key) -> Self {
        let grants = vec![Grant { permissions: key.permissions, scope: key.scope.clone() }];
        Self { principal: Arc::new(Principal { workspace: key.workspace.clone(), grants }), key }
    }
}

impl Keys {
    /// A key that was read lately, for when the database does not answer.
    pub(crate) fn last_good(&self, lookup: &str) -> Option<Arc<KnownKey>> {
        self.younger(lookup, LAST_GOOD)
    }

    /// Keeps a key that came from the copy: it is asked for again as soon as the database answers.
    pub(crate) fn keep_unconfirmed(&self, known: &Arc<KnownKey>) {
        if let Some(read) = Instant::now().checked_sub(FRESH) {
            self.lock().insert(known.key.prefix.clone(), (Arc::clone(known), read));
        }
    }

    /// Notes that a key could not be checked in time.
    pub(crate) fn checked_in_vain(&self) {
        *self.in_vain.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether checking a key that is known would be in vain too.
    pub(crate) fn is_in_vain(&self) -> bool {
        let since = *self.in_vain.lock().unwrap_or_else(PoisonError::into_inner);
        since.is_some_and(|since| since.elapsed() < IN_VAIN)
    }

    /// Keeps a key.
    pub(crate) fn keep(&self, known: &Arc<KnownKey>) {
        let mut keys = self.lock();
        if keys.len() >= MAX {
            keys.clear();
        }
        keys.insert(known.key.prefix.clone(), (Arc::clone(known), Instant::now()));
    }

    /// Drops a key that was revoked or changed.
    pub(crate) fn forget(&self, lookup: &str) {
        self.lock().remove(lookup);
    }

    /// Drops every key: a role that some of them have was changed.
    pub(crate) fn forget_all(&self) {
        self.lock().clear();
    }

    /// A key that was read within this time.
    pub(crate) fn younger(&self, lookup: &str, age: Duration) -> Option<Arc<KnownKey>> {
        self.lock().get(lookup).filter(|(_, read)| read.elapsed() < age).map(|(known, _)| Arc::clone(known))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, (Arc<KnownKey>, Instant)>> {
        self.known.lock().expect("no code panics while it holds this lock")
    }
}
