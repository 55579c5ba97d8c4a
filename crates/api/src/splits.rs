//! Splits: aliases that divide their traffic.

use promptsync_core::{
    resolve::Resolved,
    splits::{Arm, BUCKETS},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a version was chosen where the alias divides its traffic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Drawn {
    /// The part of all units that get this version, in percent.
    pub percentage: f64,
    /// Whether the caller named its unit, and so gets this version again. Otherwise each request draws anew.
    pub sticky: bool,
}

impl Drawn {
    /// The draw behind what the resolver found; none when the alias does not divide this prompt's traffic.
    pub fn of(found: &Resolved<'_>, sticky: bool) -> Option<Self> {
        let (own, split) = found.divided?;
        let weight = |arm: &Arm| (arm.version == found.version.version).then(|| arm.weight());
        let others: u16 = split.arms.iter().map(Arm::weight).sum();
        let rest = if *own == found.version.version { BUCKETS.saturating_sub(others) } else { 0 };
        let buckets = rest + split.arms.iter().find_map(weight).unwrap_or(0);
        Some(Self { percentage: f64::from(buckets) / 100.0, sticky })
    }
}
