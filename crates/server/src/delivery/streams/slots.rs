//! Who listens to an alias: how each is woken, and whose turn it is to hear that the server is there.

use std::{mem, task::Waker};

/// A listener's place.
#[derive(Debug, Default)]
struct Slot {
    waker: Option<Waker>,
    is_taken: bool,
    /// Whether a heartbeat is due.
    beat: bool,
}

/// The places of an alias's listeners.
#[derive(Debug, Default)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    free: Vec<usize>,
}

impl Slots {
    /// Gives a listener its place.
    pub(super) fn take(&mut self) -> usize {
        let place = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            self.slots.len() - 1
        });
        self.slots[place].is_taken = true;
        place
    }

    /// Takes it back.
    pub(super) fn give_back(&mut self, place: usize) {
        self.slots[place] = Slot::default();
        self.free.push(place);
        if self.free.len() == self.slots.len() {
            *self = Self::default();
        }
    }

    /// Notes how a listener is woken.
    pub(super) fn wait(&mut self, place: usize, waker: &Waker) {
        match &mut self.slots[place].waker {
            Some(known) if known.will_wake(waker) => {}
            known => *known = Some(waker.clone()),
        }
    }

    /// Whether a heartbeat is due; asking settles it.
    pub(super) fn beat(&mut self, place: usize) -> bool {
        mem::take(&mut self.slots[place].beat)
    }

    /// Everybody who waits. They are woken without a lock.
    pub(super) fn wakers(&mut self) -> Vec<Waker> {
        self.slots.iter_mut().filter_map(|slot| slot.waker.take()).collect()
    }

    /// Makes a heartbeat due for one part of the listeners, the others' turns come: so they do not fall together.
    pub(super) fn beats(&mut self, turn: u64, turns: u64) -> Vec<Waker> {
        let turns = usize::try_from(turns).unwrap_or(usize::MAX).max(1);
        let first = usize::try_from(turn).unwrap_or(0) % turns;
        let due = self.slots.iter_mut().skip(first).step_by(turns).filter(|slot| slot.is_taken);
        due.filter_map(|slot| {
            slot.beat = true;
            slot.waker.take()
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_as_many_turns_as_there_are_everybody_hears_one_beat() {
        let mut slots = Slots::default();
        let places: Vec<_> = (0..10).map(|_| slots.take()).collect();
        let mut heard = vec![0; places.len()];
        for turn in 0..4 {
            slots.beats(turn, 4);
            for place in &places {
                heard[*place] += usize::from(slots.beat(*place));
            }
        }
        assert_eq!(heard, [1; 10]);
    }

    #[test]
    fn places_are_given_again() {
        let mut slots = Slots::default();
        let (first, second) = (slots.take(), slots.take());
        slots.give_back(first);
        assert_eq!((slots.take(), slots.slots.len()), (first, 2));
        slots.give_back(first);
        slots.give_back(second);
        assert!(slots.slots.is_empty() && slots.free.is_empty());
    }
}
