//! JSON, strictly: no key twice, bounded depth, no control characters, numbers that can be held.

mod places;
mod strict;

pub use strict::parse_strict;

pub(super) use places::read;
