//! Which key of the registry's workspace is believed, and why.

use std::fmt;

use promptsync_api::prompts::ResolvedPrompt;
use promptsync_core::{
    documents,
    lock::{Lock, LockedRegistry},
    names::PromptName,
    signing::{KeyLink, KeyRing, Pin, VersionSubject, verify_version},
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

/// Checks prompts that were read whole, under the names they were asked for, when anything pins the workspace's key; when
/// nothing does the registry is taken at its word.
pub(crate) fn check<'a>(
    prompts: impl IntoIterator<Item = (&'a PromptName, &'a ResolvedPrompt)>,
    registry: &Registry,
    context: &Context,
) -> Result {
    let path = context.settings.lock_file();
    let lock = if path.exists() { Some(crate::lock::read(&path)?) } else { None };
    let is_locked = lock.as_ref().is_some_and(|lock| lock.registry.is_some());
    if !is_locked && context.settings.public_key.is_none() {
        return Ok(());
    }
    let project = context.settings.project()?;
    let trust = find(registry, &context.settings, lock.as_ref())?;
    for (name, prompt) in prompts {
        let found = prompt.document.as_ref().map_or_else(|| prompt.digest.clone(), documents::digest);
        let subject = VersionSubject { project: project.as_str(), prompt: name, version: &prompt.version };
        verify_version(&trust.ring, prompt.signature.as_ref(), subject, &found)?;
        if let Some(record) = &prompt.record {
            record.verify(prompt.signature.as_ref())?;
        }
    }
    Ok(())
}

impl Trust {
    /// What the lock file keeps of it: the newest key, so that a registry that was set back is noticed.
    pub(crate) fn locked(&self) -> LockedRegistry {
        LockedRegistry::from(self.ring.newest())
    }
}
