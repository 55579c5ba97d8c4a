//! An alias that is held: its snapshot now, and how its changes arrive.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard, RwLock, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use promptsync_core::{
    audit::Revision,
    digest::Digest,
    names::{AliasName, PromptName},
};

use super::{SdkError, Transport, held::Held};

/// That an alias serves something else than before.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The alias.
    pub alias: AliasName,
    /// The workspace's revision afterwards.
    pub revision: Revision,
    /// The prompts that are new, different or gone.
    pub prompts: BTreeSet<PromptName>,
}

/// An alias and what is held of it.
#[derive(Debug)]
pub(super) struct Followed {
    pub(super) alias: AliasName,
    held: RwLock<Option<Arc<Held>>>,
    state: Mutex<State>,
    complete: AtomicBool,
}

/// How it goes.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) transport: Transport,
    /// Why the last try gave nothing.
    pub(super) failure: Option<SdkError>,
    /// What was not believed last.
    pub(super) refused: Option<SdkError>,
}

impl Followed {
    pub(super) fn new(alias: AliasName, held: Option<Held>) -> Self {
        Self {
            alias,
            held: RwLock::new(held.map(Arc::new)),
            state: Mutex::default(),
            complete: AtomicBool::new(false),
        }
    }

    /// The snapshot that is served.
    pub(super) fn held(&self) -> Option<Arc<Held>> {
        self.held.read().expect("no holder of the lock can panic").clone()
    }

    /// Whether this snapshot is the one that is served.
    pub(super) fn serves(&self, held: &Weak<Held>) -> bool {
        let served = self.held.read().expect("no holder of the lock can panic");
        served.as_ref().is_some_and(|served| std::ptr::eq(Arc::as_ptr(served), held.as_ptr()))
    }

    /// The revision that nothing may go behind.
    pub(super) fn revision(&self) -> Option<Revision> {
        self.held().map(|held| held.revision())
    }

    /// Serves this from now on, unless something later is served already; says what that changes.
    pub(super) fn take_over(&self, next: &Arc<Held>) -> Option<Change> {
        let mut held = self.held.write().expect("no holder of the lock can panic");
        if held.as_ref().is_some_and(|held| held.revision() > next.revision()) {
            return None;
        }
        let before = held.replace(Arc::clone(next));
        drop(held);
        let prompts = changed(before.as_deref(), next);
        let change = Change { alias: self.alias.clone(), revision: next.revision(), prompts };
        (!change.prompts.is_empty()).then_some(change)
    }

    /// Documents that what is to be served needs and what is served does not.
    pub(super) fn new_documents(&self, next: &Held) -> BTreeSet<Digest> {
        let before = self.held().filter(|_| self.is_complete());
        let known: BTreeSet<&Digest> = before.iter().flat_map(|held| held.statement.digests()).collect();
        next.statement.digests().into_iter().filter(|digest| !known.contains(digest)).cloned().collect()
    }

    /// Whether every document of the snapshot was there once.
    pub(super) fn is_complete(&self) -> bool {
        self.complete.load(Ordering::Relaxed)
    }

    pub(super) fn completed(&self) {
        self.complete.store(true, Ordering::Relaxed);
    }

    pub(super) fn state(&self) -> State {
        self.lock().clone()
    }

    /// Something arrived this way.
    pub(super) fn works(&self, transport: Transport) {
        let mut state = self.lock();
        (state.transport, state.failure) = (transport, None);
    }

    /// Nothing came, or nothing that is believed. What is held is served on.
    pub(super) fn failed(&self, failure: SdkError) {
        let mut state = self.lock();
        if matches!(failure, SdkError::Untrue(_)) {
            state.refused = Some(failure.clone());
        }
        state.failure = Some(failure);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of the lock can panic")
    }
}

fn changed(before: Option<&Held>, next: &Held) -> BTreeSet<PromptName> {
    let after = &next.statement.entries;
    let Some(before) = before.map(|held| &held.statement.entries) else {
        return after.keys().cloned().collect();
    };
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    let other = after.iter().filter(|(name, entry)| before.get(*name) != Some(*entry)).map(|(name, _)| name);
    gone.chain(other).cloned().collect()
}
