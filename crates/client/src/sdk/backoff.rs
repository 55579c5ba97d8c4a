//! How long to wait before the next try.

use std::{sync::Mutex, time::Duration};

/// The longest that the first wait after a failure can be.
const FIRST: Duration = Duration::from_secs(1);

/// The least that is taken for the longest wait.
const LEAST: Duration = Duration::from_millis(500);

/// Waits after failures: each is any part of a time that is three times the one before, so that clients which failed
/// together do not come back together.
///
/// That time grows to what a client waits in quiet times. When a wait was any part of that, all later ones are the whole
/// of it: clients are then spread over it evenly, and stay so. A server that comes back is asked as often as in quiet
/// times, and everybody has been there after one such wait.
#[derive(Debug)]
pub(super) struct Backoff {
    longest: Duration,
    /// Of what the next wait is a part; none when it is the whole of the longest.
    most: Option<Duration>,
}

impl Backoff {
    /// Waits that grow up to this.
    pub(super) fn up_to(longest: Duration) -> Self {
        let longest = longest.max(LEAST);
        Self { longest, most: Some(FIRST.min(longest)) }
    }

    /// The next wait; `draw` is from 0 to 1. The first may be none at all.
    pub(super) fn next(&mut self, draw: f64) -> Duration {
        let Some(most) = self.most else { return self.longest };
        self.most = (most < self.longest).then(|| (most * 3).min(self.longest));
        most.mul_f64(draw)
    }

    /// Begins again, after a success.
    pub(super) fn reset(&mut self) {
        self.most = Some(FIRST.min(self.longest));
    }
}

/// Draws that need not be secret: each process has others.
#[derive(Debug)]
pub(super) struct Dice(Mutex<u64>);

impl Dice {
    pub(super) fn new() -> Self {
        let mut seed = [0; 8];
        // Without randomness every process waits as long as the others, which is worse and not wrong.
        let _ = getrandom::fill(&mut seed);
        Self(Mutex::new(u64::from_le_bytes(seed) | 1))
    }

    /// A number from 0 to 1.
    pub(super) fn draw(&self) -> f64 {
        let mut state = self.0.lock().expect("no holder of the lock can panic");
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        let bits = u32::try_from(*state >> 32).expect("32 bits are left");
        f64::from(bits) / f64::from(u32::MAX)
    }

    /// A time around this one: up to a tenth more or less.
    pub(super) fn around(&self, time: Duration) -> Duration {
        time.mul_f64(0.9 + self.draw() / 5.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: Duration = Duration::from_secs(30);

    #[test]
    fn waits_grow_up_to_the_longest_and_begin_again() {
        let mut backoff = Backoff::up_to(LONGEST);
        assert_eq!(backoff.next(0.0), Duration::ZERO);
        let waits: Vec<u64> = (0..6).map(|_| backoff.next(1.0).as_secs()).collect();
        assert_eq!(waits, [3, 9, 27, 30, 30, 30]);
        assert_eq!(backoff.next(0.0), LONGEST);
        backoff.reset();
        assert_eq!(backoff.next(1.0), FIRST);
        let mut short = Backoff::up_to(Duration::ZERO);
        assert!((0..9).all(|_| short.next(1.0) == LEAST), "somebody who asks all the time still waits");
    }

    #[test]
    fn clients_that_failed_together_come_back_apart() {
        let dice = Dice::new();
        let waits: std::collections::BTreeSet<u128> =
            (0..1_000).map(|_| Backoff::up_to(LONGEST).next(dice.draw()).as_millis() / 100).collect();
        assert_eq!(waits.into_iter().collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
    }

    /// A thousand clients that failed at one moment, looked at from a minute later on.
    #[test]
    fn after_an_outage_a_server_is_asked_as_often_as_in_quiet_times() {
        let dice = Dice::new();
        let mut tries = [0_u32; 30];
        for _ in 0..1_000 {
            let (mut backoff, mut time) = (Backoff::up_to(LONGEST), Duration::ZERO);
            while time < Duration::from_mins(1) {
                time += dice.around(backoff.next(dice.draw()));
            }
            let second = usize::try_from(time.as_secs() - 60).expect("a small number");
            tries[second.min(29)] += 1;
        }
        let most = tries.chunks(6).map(|chunk| chunk.iter().sum::<u32>()).max();
        assert!(most <= Some(300), "1,000 clients in 30 s are 200 in 6 s: {tries:?}");
    }
}
