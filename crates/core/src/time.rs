//! Time as a parameter.

use chrono::{DateTime, SubsecRound as _, Utc};

/// A moment in UTC, in microseconds: the precision both databases keep.
pub type Timestamp = DateTime<Utc>;

/// Where the time comes from. The process has one system clock; tests have a fixed one.
pub trait Clock: Send + Sync {
    /// The present moment, truncated to microseconds.
    fn now(&self) -> Timestamp;
}

/// Cuts a moment to the microseconds both databases keep, so that a value read equals the value written.
pub fn to_microseconds(moment: DateTime<Utc>) -> Timestamp {
    moment.trunc_subsecs(6)
}
