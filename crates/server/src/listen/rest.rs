//! Connections at rest: silent, or between two requests. They make room first.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::Notify;

/// Since when a connection that is not at rest has been.
const AWAKE: u64 = 0;

/// All connections that may come to rest, in the order in which they did.
///
/// To wake up and to come to rest happens with every request, so it is one number that is written. A connection is put
/// into its right place only when somebody looks for the longest at rest.
#[derive(Debug, Default)]
pub(super) struct Resting {
    turns: AtomicU64,
    places: Mutex<BTreeMap<u64, Arc<Place>>>,
}

#[derive(Debug)]
struct Place {
    close: Arc<Notify>,
    /// The turn at which it came to rest, or [`AWAKE`].
    since: AtomicU64,
    /// Under which turn it is kept; changed while the places are locked.
    kept: AtomicU64,
}

/// A connection's place among the others, until it is dropped.
#[derive(Debug)]
pub(super) struct Rest {
    resting: Arc<Resting>,
    place: Arc<Place>,
}

impl Resting {
    /// A connection that is at rest now. `close` is told when it has to make room.
    pub(super) fn enter(self: &Arc<Self>, close: &Arc<Notify>) -> Rest {
        let turn = self.turn();
        let place = Arc::new(Place { close: Arc::clone(close), since: turn.into(), kept: turn.into() });
        self.lock().insert(turn, Arc::clone(&place));
        Rest { resting: Arc::clone(self), place }
    }

    /// Closes the connection that has been at rest longest.
    pub(super) fn close_oldest(&self) {
        let mut places = self.lock();
        // Each is put into its right place at most once, then the first one is right or none is at rest.
        for _ in 0..=places.len() * 2 {
            let Some((turn, place)) = places.pop_first() else { return };
            let since = place.since.load(Ordering::Acquire);
            if since == turn {
                place.close.notify_one();
                return;
            }
            let right = if since == AWAKE { self.turn() } else { since };
            place.kept.store(right, Ordering::Relaxed);
            places.insert(right, place);
        }
    }

    fn turn(&self) -> u64 {
        self.turns.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Place>>> {
        self.places.lock().expect("no code panics while it holds this lock")
    }
}

impl Rest {
    /// Says that the connection is no longer at rest.
    pub(super) fn wake(&self) {
        self.place.since.store(AWAKE, Ordering::Release);
    }

    /// Says that it came to rest.
    pub(super) fn begin(&self) {
        self.place.since.store(self.resting.turn(), Ordering::Release);
    }

    /// Whether it is at rest.
    pub(super) fn is_at_rest(&self) -> bool {
        self.place.since.load(Ordering::Acquire) != AWAKE
    }
}

impl Drop for Rest {
    fn drop(&mut self) {
        let mut places = self.resting.lock();
        places.remove(&self.place.kept.load(Ordering::Relaxed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections<const N: usize>() -> (Arc<Resting>, [(Arc<Notify>, Rest); N]) {
        let resting = Arc::new(Resting::default());
        let enter = |_| {
            let close = Arc::default();
            let rest = resting.enter(&close);
            (close, rest)
        };
        let connections = std::array::from_fn(enter);
        (resting, connections)
    }

    /// Which of them were told to close since it was last asked.
    async fn closed(connections: &[(Arc<Notify>, Rest)]) -> Vec<usize> {
        let mut told = Vec::new();
        for (number, (close, _)) in connections.iter().enumerate() {
            let now = std::future::ready(());
            tokio::select! { biased; () = close.notified() => told.push(number), () = now => {} }
        }
        told
    }

    #[tokio::test]
    async fn the_connection_that_has_been_at_rest_longest_makes_room() {
        let (resting, connections) = connections::<4>();
        connections[0].1.wake();
        connections[0].1.begin();
        connections[1].1.wake();
        let mut order = Vec::new();
        for _ in 0..4 {
            resting.close_oldest();
            order.extend(closed(&connections).await);
        }
        assert_eq!(order, [2, 3, 0], "the second is awake");
        connections[1].1.begin();
        resting.close_oldest();
        assert_eq!(closed(&connections).await, [1]);
    }

    #[tokio::test]
    async fn a_connection_that_ended_or_is_awake_is_not_asked_for_room() {
        let (resting, connections) = connections::<3>();
        let [first, second, third] = connections;
        second.1.wake();
        drop(first.1);
        resting.close_oldest();
        resting.close_oldest();
        let all = [(first.0, resting.enter(&Arc::default())), second, third];
        assert_eq!(closed(&all).await, [2]);
        drop(all);
        assert!(resting.lock().is_empty());
    }
}
