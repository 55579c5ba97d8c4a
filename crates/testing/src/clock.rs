//! A clock that stands still until it is moved.

use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use promptsync_core::time::{Clock, Timestamp};

/// A clock that shows what the test says. It starts at noon of 1 November 2026.
#[derive(Debug)]
pub struct FixedClock(Mutex<Timestamp>);

impl FixedClock {
    /// A clock that shows this moment.
    pub fn at(moment: Timestamp) -> Self {
        Self(Mutex::new(moment))
    }

    /// Moves the clock; backwards too.
    pub fn advance(&self, by: TimeDelta) {
        *self.0.lock().expect("no holder of the lock can panic") += by;
    }
}

impl Default for FixedClock {
    fn default() -> Self {
        Self::at(DateTime::<Utc>::from_timestamp(1_793_534_400, 0).expect("a moment of this century exists"))
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("no holder of the lock can panic")
    }
}
