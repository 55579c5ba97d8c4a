//! Splits: aliases that divide their traffic.

use std::collections::BTreeMap;

use promptsync_core::{
    names::{AliasName, PromptName},
    resolve::Resolved,
    splits::{AliasSplits, Arm, BUCKETS, Split},
    versions::VersionNumber,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST /api/canary`, and `POST /api/projects/{project}/aliases/{alias}/canary`: sends part of an alias's traffic to
/// another version, or to several. Asked again it widens or narrows what it did before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetCanary {
    /// The alias, unless the path names it.
    #[serde(default)]
    pub alias: Option<String>,
    /// With `prompt`: a reference to one of its versions. Without: a release.
    #[serde(default)]
    pub version: Option<String>,
    /// The version's part of all units, in percent with at most two decimals.
    #[serde(default)]
    pub percentage: Option<f64>,
    /// Several versions and their parts, in place of `version` and `percentage`. The alias's own gets what is left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arms: Vec<WantedArm>,
    /// The one prompt whose traffic is divided; without it that of a whole release.
    #[serde(default)]
    pub prompt: Option<String>,
    /// Units that get a version whatever they would draw: unit → version. Those of before stay when it is left out.
    #[serde(default)]
    pub overrides: Option<BTreeMap<String, String>>,
    /// The same for one version.
    #[serde(default)]
    pub units: Option<WantedUnits>,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
}

/// A version and the part it shall get.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedArm {
    /// A version of the prompt, or a release.
    pub version: String,
    /// Its part, in percent with at most two decimals.
    pub percentage: f64,
}

/// Units that get the version of a canary.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedUnits {
    /// Their names.
    pub include: Vec<String>,
}

/// `POST /api/projects/{project}/aliases/{alias}/canary/promote`: everybody gets what a part got; the split ends.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PromoteCanary {
    /// The prompt, when several have a canary of their own.
    #[serde(default)]
    pub prompt: Option<String>,
    /// The version, when several have a part.
    #[serde(default)]
    pub version: Option<VersionNumber>,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
}

/// `POST /api/projects/{project}/aliases/{alias}/canary/abort`: everybody gets the alias's own version again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AbortCanary {
    /// The one prompt whose split ends; without it all of the alias do.
    #[serde(default)]
    pub prompt: Option<String>,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
}

/// How an alias divides traffic: that of a whole release, or of one prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Canary {
    /// The alias.
    pub alias: AliasName,
    /// The prompt; absent when whole releases share.
    pub prompt: Option<PromptName>,
    /// What units get that are in no part: the prompt's version, or the release when the alias stands on one.
    pub own: Option<VersionNumber>,
    /// Their part of all units, in percent.
    pub own_percentage: f64,
    /// The other versions, or releases, and their parts.
    pub arms: Vec<Part>,
    /// How many units get their version by hand.
    pub overrides: usize,
    /// The prompts whose version depends on the unit.
    pub prompts: Vec<PromptName>,
}

/// A version and its part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// The version.
    pub version: VersionNumber,
    /// Its part of all units, in percent.
    pub percentage: f64,
}

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
        Some(Self { percentage: percent(buckets), sticky })
    }
}

impl Part {
    /// The parts of a split, without the own version's.
    pub fn of(split: &Split) -> Vec<Self> {
        let part = |arm: &Arm| Self { version: arm.version.clone(), percentage: percent(arm.weight()) };
        split.arms.iter().map(part).collect()
    }
}

impl Canary {
    /// What an alias divides that stands on this release and points there.
    pub fn all(
        alias: &AliasName,
        release: Option<&VersionNumber>,
        entries: &BTreeMap<PromptName, VersionNumber>,
        splits: &AliasSplits,
    ) -> Vec<Self> {
        let canary = |prompt: Option<&PromptName>, own: Option<&VersionNumber>, split: &Split| {
            let others: u16 = split.arms.iter().map(Arm::weight).sum();
            Self {
                alias: alias.clone(),
                prompt: prompt.cloned(),
                own: own.cloned(),
                own_percentage: percent(BUCKETS.saturating_sub(others)),
                arms: Part::of(split),
                overrides: split.overrides.len(),
                prompts: prompt
                    .map_or_else(|| splits.prompts.keys().cloned().collect(), |one| vec![one.clone()]),
            }
        };
        if let Some(split) = &splits.release {
            return vec![canary(None, release, split)];
        }
        let prompts = splits.prompts.iter();
        prompts.map(|(name, split)| canary(Some(name), entries.get(name), split)).collect()
    }
}

fn percent(buckets: u16) -> f64 {
    f64::from(buckets) / 100.0
}
