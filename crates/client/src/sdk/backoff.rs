//! How long to wait before the next try.

use std::{sync::Mutex, time::Duration};

/// The shortest wait after a failure.
const SHORTEST: Duration = Duration::from_millis(500);

/// The longest.
const LONGEST: Duration = Duration::from_mins(1);

/// Waits that grow, each drawn between the shortest and three times the one before, so that clients which failed
/// together do not come back together.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    last: Option<Duration>,
}

impl Backoff {
    /// The next wait; `draw` is from 0 to 1. The first may be none at all.
    pub(super) fn next(&mut self, draw: f64) -> Duration {
        let (least, most) = match self.last {
            None => (Duration::ZERO, 2 * SHORTEST),
            Some(last) => (SHORTEST, (last * 3).max(2 * SHORTEST)),
        };
        let wait = (least + most.saturating_sub(least).mul_f64(draw)).min(LONGEST);
        self.last = Some(wait.max(SHORTEST));
        wait
    }

    /// Begins again, after a success.
    pub(super) fn reset(&mut self) {
        self.last = None;
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

    #[test]
    fn waits_grow_up_to_a_minute_and_begin_again() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.next(0.0), Duration::ZERO);
        let waits: Vec<u64> = (0..7).map(|_| backoff.next(1.0).as_secs()).collect();
        assert_eq!(waits, [1, 4, 13, 40, 60, 60, 60]);
        assert_eq!(backoff.next(0.0), SHORTEST);
        backoff.reset();
        assert!(backoff.next(1.0) <= 2 * SHORTEST);
    }

    #[test]
    fn clients_that_failed_together_come_back_apart() {
        let dice = Dice::new();
        let waits: std::collections::BTreeSet<u128> =
            (0..1_000).map(|_| Backoff::default().next(dice.draw()).as_millis() / 100).collect();
        assert_eq!(waits.into_iter().collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
    }
}
