//! Which key of the registry's workspace is believed, and why.

use std::fmt;

use promptsync_core::{
    lock::{Lock, LockedRegistry},
    signing::{KeyLink, KeyRing, Pin},
};
use serde::Serialize;

use crate::{
    Context,
    error::Result,
    registry::Registry,
    settings::{LOCK_FILE, Settings, Source},
};

/// The keys that are believed.
#[derive(Debug)]
pub(crate) struct Trust {
    /// The keys.
    pub(crate) ring: KeyRing,
    /// The keys as the registry sent them.
    pub(crate) keys: Vec<KeyLink>,
    /// Why.
    pub(crate) reason: Reason,
}

/// Why a key is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The project file pins it.
    Settings(Source),
    /// The lock file pins it.
    LockFile,
    /// Nothing pins any: this one was the first.
    FirstUse,
}

impl Serialize for Reason {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Settings(_) => "settings",
            Self::LockFile => "lock_file",
            Self::FirstUse => "first_use",
        })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings(source) => write!(f, "pinned in {source}"),
            Self::LockFile => write!(f, "pinned in {LOCK_FILE}"),
            Self::FirstUse => f.write_str("trusted on first use"),
        }
    }
}

/// Asks the registry for its keys. Whatever pins a key must agree with them: the project file, and the lock file.
pub(crate) fn find(registry: &Registry, settings: &Settings, lock: Option<&Lock>) -> Result<Trust> {
    let keys = registry.wait(registry.client.signing_keys())?.keys;
    let ring = KeyRing::unpinned(&keys)?;
    let locked = lock.and_then(|lock| lock.registry.as_ref());
    if let Some(locked) = locked {
        KeyRing::new(&keys, &Pin::from(locked))?;
    }
    if let Some(pinned) = &settings.public_key {
        KeyRing::new(&keys, &Pin { key: pinned.value.clone(), sequence: None })?;
    }
    let reason = match (&settings.public_key, locked) {
        (Some(pinned), _) => Reason::Settings(pinned.source.clone()),
        (None, Some(_)) => Reason::LockFile,
        (None, None) => Reason::FirstUse,
    };
    Ok(Trust { ring, keys, reason })
}

/// The same with the lock file of the project, when there is one.
pub(crate) fn of_settings(registry: &Registry, context: &Context) -> Result<Trust> {
    let path = context.settings.lock_file();
    let lock = if path.exists() { Some(crate::lock::read(&path)?) } else { None };
    find(registry, &context.settings, lock.as_ref())
}

impl Trust {
    /// What the lock file keeps of it: the newest key, so that a registry that was set back is noticed.
    pub(crate) fn locked(&self) -> LockedRegistry {
        LockedRegistry::from(self.ring.newest())
    }
}
