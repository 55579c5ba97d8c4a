//! Connections at rest: silent, or between two requests. They make room first.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::Notify;

/// The connections at rest, longest first.
#[derive(Debug, Default)]
pub(super) struct Resting {
    next: AtomicU64,
    waiting: Mutex<BTreeMap<u64, Arc<Notify>>>,
}

impl Resting {
    /// Notes that a connection came to rest. The number takes it out again.
    pub(super) fn enter(&self, close: &Arc<Notify>) -> u64 {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.lock().insert(number, Arc::clone(close));
        number
    }

    /// Notes that a connection is no longer at rest.
    pub(super) fn leave(&self, number: u64) {
        self.lock().remove(&number);
    }

    /// Closes the connection that has been at rest longest.
    pub(super) fn close_oldest(&self) {
        if let Some((_, close)) = self.lock().pop_first() {
            close.notify_one();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, Arc<Notify>>> {
        self.waiting.lock().expect("no code panics while it holds this lock")
    }
}
