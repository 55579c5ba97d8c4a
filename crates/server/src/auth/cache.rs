//! Keys in memory: most requests are authenticated without the database.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use promptsync_core::access::{Grant, Principal};
use promptsync_store::keys::Key;
use tokio::time::Instant;

/// How old an entry may be before it is read again: what another server revokes stops working here within it.
pub(crate) const FRESH: Duration = Duration::from_secs(1);
/// How old an entry may be while the database does not answer.
const LAST_GOOD: Duration = Duration::from_secs(30);
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
pub(crate) struct Keys(Mutex<HashMap<String, (Arc<KnownKey>, Instant)>>);

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
        self.0.lock().expect("no code panics while it holds this lock")
    }
}
