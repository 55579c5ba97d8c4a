//! One alias somebody listens to: what it pointed at last, its last events, and its listeners.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Poll, Waker},
};

use bytes::Bytes;
use hyper::header::HeaderValue;
use promptsync_core::{
    audit::Revision,
    ids::{AliasId, ProjectId, WorkspaceId},
    names::{AliasName, ProjectName, PromptName},
    signing::SnapshotEntry,
};

use super::{
    frames,
    ring::{Next, Ring},
    slots::Slots,
};

/// Which alias.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct LineId {
    /// Its workspace.
    pub(crate) workspace: WorkspaceId,
    /// Its project.
    pub(crate) project: ProjectId,
    /// The project's name.
    pub(crate) project_name: ProjectName,
    /// Its name.
    pub(crate) alias: AliasName,
}

/// What is known of the alias.
#[derive(Debug)]
pub(super) struct Known {
    /// Its id.
    pub(super) id: AliasId,
    /// The revision that moved it last.
    pub(super) moved: Revision,
    /// The workspace's revision it was read at.
    pub(super) read: Revision,
    /// Where it points.
    pub(super) entries: Arc<BTreeMap<PromptName, SnapshotEntry>>,
}

/// An alias and those who listen.
#[derive(Debug)]
pub(super) struct Line {
    /// Which one.
    pub(super) id: LineId,
    /// What is known of it; locked while it is read.
    pub(super) known: tokio::sync::Mutex<Option<Known>>,
    state: Mutex<State>,
    is_tended: AtomicBool,
}

#[derive(Debug)]
struct State {
    ring: Ring,
    slots: Slots,
    parties: HashMap<HeaderValue, Arc<Party>>,
}

/// The streams of one key on one alias: they end together.
#[derive(Debug)]
pub(super) struct Party {
    /// What the key was shown in.
    pub(super) authorization: HeaderValue,
    members: AtomicUsize,
    is_over: AtomicBool,
}

impl Party {
    /// Whether the key opens the alias no more.
    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }
}

impl Line {
    /// An alias of which nothing is known yet.
    pub(super) fn new(id: LineId) -> Self {
        let state = State { ring: Ring::new(-1), slots: Slots::default(), parties: HashMap::new() };
        Self {
            id,
            known: tokio::sync::Mutex::default(),
            state: Mutex::new(state),
            is_tended: AtomicBool::new(false),
        }
    }

    /// Whether nobody tends the line yet; whoever asks does from now on.
    pub(super) fn wants_tending(&self) -> bool {
        !self.is_tended.swap(true, Ordering::AcqRel)
    }

    /// Begins the ring, once it is known where the alias points.
    pub(super) fn begin(&self, moved: Revision) {
        self.state().ring = Ring::new(moved);
    }

    /// The revision of the last event.
    pub(super) fn newest(&self) -> Revision {
        self.state().ring.newest()
    }

    /// Adds an event and wakes everybody.
    pub(super) fn publish(&self, revision: Revision, event: Bytes) {
        let mut state = self.state();
        state.ring.push(revision, event);
        wake(state, Slots::wakers);
    }

    /// Wakes everybody, to look around.
    pub(super) fn wake_all(&self) {
        wake(self.state(), Slots::wakers);
    }

    /// Makes a heartbeat due for those whose turn it is.
    pub(super) fn beat(&self, turn: u64, turns: u64) {
        wake(self.state(), |slots| slots.beats(turn, turns));
    }

    /// Gives a listener its place.
    pub(super) fn join(&self, authorization: &HeaderValue) -> (usize, Arc<Party>) {
        let mut state = self.state();
        let party = state.parties.entry(authorization.clone()).or_insert_with(|| {
            Arc::new(Party {
                authorization: authorization.clone(),
                members: AtomicUsize::new(0),
                is_over: AtomicBool::new(false),
            })
        });
        let party = Arc::clone(party);
        party.members.fetch_add(1, Ordering::Relaxed);
        (state.slots.take(), party)
    }

    /// Takes it back.
    pub(super) fn leave(&self, place: usize, party: &Arc<Party>) {
        let mut state = self.state();
        state.slots.give_back(place);
        if party.members.fetch_sub(1, Ordering::Relaxed) == 1 {
            let is_same = |known: &Arc<Party>| Arc::ptr_eq(known, party);
            if state.parties.get(&party.authorization).is_some_and(is_same) {
                state.parties.remove(&party.authorization);
            }
        }
    }

    /// Those who listen, by their keys.
    pub(super) fn parties(&self) -> Vec<Arc<Party>> {
        self.state().parties.values().cloned().collect()
    }

    /// Ends the streams of a key.
    pub(super) fn end(&self, party: &Arc<Party>) {
        party.is_over.store(true, Ordering::Release);
        let mut state = self.state();
        state.parties.remove(&party.authorization);
        wake(state, Slots::wakers);
    }

    /// What a listener at `position` gets next, or that it will be woken. A listener that fell behind jumps to the end.
    pub(super) fn next(&self, place: usize, position: &mut Revision, waker: &Waker) -> Poll<Bytes> {
        let mut state = self.state();
        match state.ring.after(*position) {
            Next::Event(revision, bytes) => {
                *position = revision;
                return Poll::Ready(bytes);
            }
            Next::Lost => {
                *position = state.ring.newest();
                return Poll::Ready(frames::resync(*position));
            }
            Next::Nothing => {}
        }
        if state.slots.beat(place) {
            return Poll::Ready(frames::HEARTBEAT);
        }
        state.slots.wait(place, waker);
        Poll::Pending
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wake(mut state: MutexGuard<'_, State>, whom: impl FnOnce(&mut Slots) -> Vec<Waker>) {
    let wakers = whom(&mut state.slots);
    drop(state);
    wakers.into_iter().for_each(Waker::wake);
}
