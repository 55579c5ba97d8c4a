//! Identifiers that are the same in every run.

use std::sync::atomic::{AtomicU64, Ordering};

use promptsync_core::ids::Ids;

/// Counts upwards in the form of ULIDs. Two with different seeds never give the same identifier.
#[derive(Debug, Default)]
pub struct SeededIds {
    seed: u32,
    next: AtomicU64,
}

impl SeededIds {
    /// Identifiers of this seed, from the first.
    pub fn new(seed: u32) -> Self {
        Self { seed, next: AtomicU64::new(0) }
    }
}

impl Ids for SeededIds {
    fn next(&self) -> String {
        format!("01J{:010}{:013}", self.seed, self.next.fetch_add(1, Ordering::Relaxed))
    }
}
