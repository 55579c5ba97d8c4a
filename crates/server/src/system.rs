//! The process's own clock, ids and randomness. Tests have others.

use std::cell::RefCell;

use chrono::{DateTime, Utc};
use promptsync_core::{
    ids::Ids,
    time::{Clock, Timestamp, to_microseconds},
};

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the one clock everything else is given")]
        let now: DateTime<Utc> = Utc::now();
        to_microseconds(now)
    }
}

/// Random ULIDs.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    fn next(&self) -> String {
        let milliseconds = u64::try_from(SystemClock.now().timestamp_millis()).unwrap_or_default();
        let random = DRAWN.with_borrow_mut(Drawn::next);
        ulid::Ulid::from_parts(milliseconds, random).to_string()
    }
}

thread_local! {
    static DRAWN: RefCell<Drawn> = const { RefCell::new(Drawn { bytes: [0; DRAW], used: DRAW }) };
}

/// Bytes that are drawn at once: asking the system for each id alone would cost more than the rest of a short answer.
const DRAW: usize = 1 << 10;

/// Random bytes of a thread. Each is used once; ids are no secrets.
struct Drawn {
    bytes: [u8; DRAW],
    used: usize,
}

impl Drawn {
    fn next(&mut self) -> u128 {
        const LENGTH: usize = size_of::<u128>();
        if self.used + LENGTH > DRAW {
            system_random(&mut self.bytes);
            self.used = 0;
        }
        let drawn = &self.bytes[self.used..self.used + LENGTH];
        self.used += LENGTH;
        drawn.iter().fold(0, |number, byte| number << 8 | u128::from(*byte))
    }
}

/// Bytes from the system's source of randomness.
pub fn system_random(buffer: &mut [u8]) {
    getrandom::fill(buffer).expect("a system without randomness cannot keep secrets, so nothing may go on");
}
