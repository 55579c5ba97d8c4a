//! Sessions in memory: what a person may do is read again every second, and not with every request.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use promptsync_core::{
    access::Principal,
    ids::{SessionId, UserId},
    login::Person,
};
use promptsync_store::{sessions::Session, users::User};
use tokio::time::Instant;

/// How old an entry may be before it is read again: whom another server removes is out here within it.
const FRESH: Duration = Duration::from_secs(1);
/// How old an entry may be while the database does not answer.
const LAST_GOOD: Duration = Duration::from_secs(30);
/// Sessions kept; beyond it all are dropped and read again.
const MAX: usize = 10_000;

/// Somebody in a session, as the database knew them a moment ago.
#[derive(Debug)]
pub(crate) struct Seat {
    /// The session.
    pub(crate) session: Session,
    /// The person.
    pub(crate) user: User,
    /// The person as the login policy sees them.
    pub(crate) person: Person,
    /// What they may do in the session's workspace.
    pub(crate) principal: Arc<Principal>,
}

/// Seats by session.
#[derive(Debug, Default)]
pub(crate) struct Seats(Mutex<HashMap<SessionId, (Arc<Seat>, Instant)>>);

impl Seats {
    /// A seat that was read a moment ago.
    pub(crate) fn fresh(&self, session: &SessionId) -> Option<Arc<Seat>> {
        self.younger(session, FRESH)
    }

    /// A seat that was read lately, for when the database does not answer.
    pub(crate) fn last_good(&self, session: &SessionId) -> Option<Arc<Seat>> {
        self.younger(session, LAST_GOOD)
    }

    /// Keeps a seat.
    pub(crate) fn keep(&self, seat: &Arc<Seat>) {
        let mut seats = self.lock();
        if seats.len() >= MAX {
            seats.clear();
        }
        seats.insert(seat.session.id.clone(), (Arc::clone(seat), Instant::now()));
    }

    /// Drops the seats of a person: something about them or their sessions was changed here.
    pub(crate) fn forget(&self, user: &UserId) {
        self.lock().retain(|_, (seat, _)| seat.user.id != *user);
    }

    /// Drops every seat: a role that some people have was changed.
    pub(crate) fn forget_all(&self) {
        self.lock().clear();
    }

    fn younger(&self, session: &SessionId, age: Duration) -> Option<Arc<Seat>> {
        self.lock().get(session).filter(|(_, read)| read.elapsed() < age).map(|(seat, _)| Arc::clone(seat))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<SessionId, (Arc<Seat>, Instant)>> {
        self.0.lock().expect("no code panics while it holds this lock")
    }
}
