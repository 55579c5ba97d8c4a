//! The workspace's keys, as they are believed.

use std::sync::{Arc, RwLock};

use promptsync_core::signing::{KeyLink, KeyRing, Pin, SigningError};

/// Keys that are believed.
#[derive(Debug)]
pub(super) struct Keys {
    /// As they were sent, oldest first.
    pub(super) links: Vec<KeyLink>,
    /// For verifying.
    pub(super) ring: KeyRing,
}

/// Which keys are believed: those of the pinned key's chain, else of the first that was seen. From then on a chain has
/// to go on from what is known.
#[derive(Debug)]
pub(super) struct Trust {
    pinned: Option<Pin>,
    known: RwLock<Option<Arc<Keys>>>,
}

impl Trust {
    pub(super) fn new(pinned: Option<Pin>) -> Self {
        Self { pinned, known: RwLock::default() }
    }

    /// The keys, when there are any yet.
    pub(super) fn keys(&self) -> Option<Arc<Keys>> {
        self.known.read().expect("no holder of the lock can panic").clone()
    }

    /// Believes a chain of keys when it is the known one, or goes on from it.
    pub(super) fn believe(&self, links: Vec<KeyLink>) -> Result<Arc<Keys>, SigningError> {
        let mut known = self.known.write().expect("no holder of the lock can panic");
        let ring = match &self.pinned {
            Some(pin) => KeyRing::new(&links, pin)?,
            None => KeyRing::unpinned(&links)?,
        };
        if let Some(known) = &*known {
            KeyRing::new(&links, known.ring.newest())?;
        }
        let keys = Arc::new(Keys { links, ring });
        *known = Some(Arc::clone(&keys));
        Ok(keys)
    }
}
