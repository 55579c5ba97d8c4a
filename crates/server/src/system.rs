//! The process's own clock, ids and randomness. Tests have others.

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
        let mut bytes = [0; 16];
        system_random(&mut bytes);
        let milliseconds = u64::try_from(SystemClock.now().timestamp_millis()).unwrap_or_default();
        ulid::Ulid::from_parts(milliseconds, u128::from_be_bytes(bytes)).to_string()
    }
}

/// Bytes from the system's source of randomness.
pub fn system_random(buffer: &mut [u8]) {
    getrandom::fill(buffer).expect("a system without randomness cannot keep secrets, so nothing may go on");
}
