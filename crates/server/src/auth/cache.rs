//! Keys in memory: most requests are authenticated without the database.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use promptsync_store::keys::Key;
use tokio::time::Instant;

/// How old an entry may be before it is read again: what another server revokes stops working here within it.
const FRESH: Duration = Duration::from_secs(1);
/// How old an entry may be while the database does not answer.
const LAST_GOOD: Duration = Duration::from_secs(30);
/// Keys kept; beyond it all are dropped and read again.
const MAX: usize = 10_000;

/// Keys by the part they are found by.
#[derive(Debug, Default)]
pub(crate) struct Keys(Mutex<HashMap<String, (Key, Instant)>>);

impl Keys {
    /// A key that was read a moment ago.
    pub(crate) fn fresh(&self, lookup: &str) -> Option<Key> {
        self.younger(lookup, FRESH)
    }

    /// A key that was read lately, for when the database does not answer.
    pub(crate) fn last_good(&self, lookup: &str) -> Option<Key> {
        self.younger(lookup, LAST_GOOD)
    }

    /// Keeps a key.
    pub(crate) fn keep(&self, key: &Key) {
        let mut keys = self.lock();
        if keys.len() >= MAX {
            keys.clear();
        }
        keys.insert(key.prefix.clone(), (key.clone(), Instant::now()));
    }

    /// Drops a key that was revoked.
    pub(crate) fn forget(&self, lookup: &str) {
        self.lock().remove(lookup);
    }

    fn younger(&self, lookup: &str, age: Duration) -> Option<Key> {
        self.lock().get(lookup).filter(|(_, read)| read.elapsed() < age).map(|(key, _)| key.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, (Key, Instant)>> {
        self.0.lock().expect("no code panics while it holds this lock")
    }
}
