//! What time it is, for a program whose clock may be wrong.
//!
//! Whether a snapshot ran out is the server's time to say. The SDK takes it from the date of the server's answers and
//! counts on with the monotonic clock, so that a clock which is wrong or set while the program runs changes nothing.
//! A server cannot turn it back: what the workspace signed at a moment was signed at that moment.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use promptsync_core::time::{Clock, Timestamp, to_microseconds};

/// The clock of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the clock everything else is given")]
        let now: DateTime<Utc> = Utc::now();
        to_microseconds(now)
    }
}

/// A moment, and when it was here.
#[derive(Clone, Copy, Debug)]
struct Known {
    moment: Timestamp,
    at: Instant,
}

/// The present moment, as well as it is known.
pub(super) struct Time {
    machine: Arc<dyn Clock>,
    /// What the server said last.
    said: Mutex<Option<Known>>,
    /// The latest moment that was signed.
    signed: Mutex<Option<Known>>,
}

impl Time {
    pub(super) fn new(machine: Arc<dyn Clock>) -> Self {
        Self { machine, said: Mutex::default(), signed: Mutex::default() }
    }

    /// The present moment: what the server says, else what this machine says; never before what was signed.
    pub(super) fn now(&self) -> Timestamp {
        let said = held(&self.said).map(Known::now);
        let now = said.unwrap_or_else(|| self.machine.now());
        held(&self.signed).map_or(now, |signed| now.max(signed.now()))
    }

    /// Notes the date of an answer.
    pub(super) fn server_says(&self, moment: Timestamp) {
        *lock(&self.said) = Some(Known { moment, at: Instant::now() });
    }

    /// Notes when something was signed that was verified.
    pub(super) fn was_signed(&self, moment: Timestamp) {
        let known = Known { moment, at: Instant::now() };
        let mut signed = lock(&self.signed);
        if signed.is_none_or(|signed| signed.now() < moment) {
            *signed = Some(known);
        }
    }

    /// How long ago something was signed; nothing when that seems to be in the future.
    pub(super) fn since(&self, moment: Timestamp) -> Duration {
        (self.now() - moment).to_std().unwrap_or_default()
    }

    /// How far this machine's clock is from the server's; none before the server said anything.
    pub(super) fn clock_off(&self) -> Option<TimeDelta> {
        held(&self.said).map(|said| self.machine.now() - said.now())
    }
}

impl Known {
    fn now(self) -> Timestamp {
        let since = TimeDelta::from_std(self.at.elapsed()).unwrap_or_default();
        self.moment.checked_add_signed(since).unwrap_or(self.moment)
    }
}

fn lock(known: &Mutex<Option<Known>>) -> std::sync::MutexGuard<'_, Option<Known>> {
    known.lock().expect("no holder of the lock can panic")
}

fn held(known: &Mutex<Option<Known>>) -> Option<Known> {
    *lock(known)
}

impl std::fmt::Debug for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Time").field("said", &self.said).field("signed", &self.signed).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Wrong(Timestamp);

    impl Clock for Wrong {
        fn now(&self) -> Timestamp {
            self.0
        }
    }

    fn noon() -> Timestamp {
        Timestamp::from_timestamp(1_793_534_400, 0).unwrap()
    }

    #[test]
    fn the_server_s_time_counts_and_nobody_turns_back_what_was_signed() {
        let time = Time::new(Arc::new(Wrong(noon() + TimeDelta::days(400))));
        let near = |expected: Timestamp| (time.now() - expected).num_seconds() == 0;
        assert!(near(noon() + TimeDelta::days(400)));
        time.server_says(noon());
        assert!(near(noon()));
        assert_eq!(time.clock_off().map(|off| off.num_hours()), Some(400 * 24 - 1));
        time.was_signed(noon() + TimeDelta::hours(1));
        time.server_says(noon() - TimeDelta::days(10));
        assert!(near(noon() + TimeDelta::hours(1)));
        assert_eq!(time.since(noon() + TimeDelta::days(1)), Duration::ZERO);
    }
}
