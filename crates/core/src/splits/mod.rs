//! Splits: how one alias entry divides its traffic between a version and others.
//!
//! Everybody who asks for a prompt is a unit: a user, a session, a machine. A [`bucket`] from 0 to 9999 is drawn for a
//! unit by a hash, and a [`Split`] says which buckets belong to which version; those that belong to none are the
//! entry's own version's. Whoever computes it gets the same answer, so caches change nothing about it.
//!
//! A canary is a split with one arm, an experiment one with several. `docs/reference/splits.md` has the exact bytes and
//! test vectors.

mod alias;
mod allocate;
mod divide;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{digest::hex, names::PromptName, versions::VersionNumber};

pub use alias::AliasSplits;
pub use allocate::{AllocateError, allocate};
pub use divide::{Wanted, divide, unit, weight};

/// Buckets there are; one is a hundredth of a percent.
pub const BUCKETS: u16 = 10_000;

/// Versions beside the entry's own that a split can have.
pub const MAX_ARMS: usize = 9;

/// Units whose version is fixed by hand, in one split.
pub const MAX_OVERRIDES: usize = 1_000;

/// The longest name of a unit, in bytes.
pub const MAX_UNIT: usize = 256;

/// How an alias entry divides its traffic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Split {
    /// What makes the draw of this split independent of every other's. Kept while it is widened.
    pub salt: String,
    /// Whose draw it is.
    pub draw: Draw,
    /// The versions beside the entry's own, and their buckets.
    pub arms: Vec<Arm>,
    /// Units that get a version whatever their bucket is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub overrides: BTreeMap<UnitDigest, VersionNumber>,
}

/// Whether the prompts of a release draw together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Draw {
    /// A unit gets all prompts of the release or none.
    Release,
    /// Each prompt draws for itself.
    Prompt,
}

/// A version beside the entry's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Arm {
    /// The version.
    pub version: VersionNumber,
    /// Its buckets, in ascending order and apart from each other.
    pub buckets: Vec<Range>,
}

/// Buckets in a row: from the first to before the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Range {
    /// The first bucket.
    pub from: u16,
    /// The one after the last.
    pub to: u16,
}

/// A unit without its name: a split says who gets what, and must not tell who they are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct UnitDigest(String);

impl UnitDigest {
    /// The digest of a unit's name: 32 hexadecimal digits.
    pub fn of(unit: &str) -> Self {
        let hash = Sha256::new().chain_update(b"promptsync/unit/v1\n").chain_update(unit).finalize();
        Self(hex(&hash[..16]))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The bucket of a unit: the first eight bytes, as a big-endian number, of the SHA-256 of
/// `promptsync/split/v1`, the salt, the prompt (`*` for a whole release) and the unit, with a line end between them,
/// modulo 10,000.
pub fn bucket(salt: &str, prompt: Option<&PromptName>, unit: &str) -> u16 {
    let hash = Sha256::new()
        .chain_update(b"promptsync/split/v1\n")
        .chain_update(salt)
        .chain_update(b"\n")
        .chain_update(prompt.map_or("*", PromptName::as_str))
        .chain_update(b"\n")
        .chain_update(unit)
        .finalize();
    let first = hash[..8].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    u16::try_from(first % u64::from(BUCKETS)).expect("less than 10,000")
}

impl Split {
    /// The version a unit gets of a prompt whose entry has this split.
    pub fn version_for<'a>(
        &'a self,
        own: &'a VersionNumber,
        prompt: &PromptName,
        unit: &str,
    ) -> &'a VersionNumber {
        if !self.overrides.is_empty()
            && let Some(version) = self.overrides.get(&UnitDigest::of(unit))
        {
            return version;
        }
        let drawn = match self.draw {
            Draw::Release => bucket(&self.salt, None, unit),
            Draw::Prompt => bucket(&self.salt, Some(prompt), unit),
        };
        let holds = |arm: &&Arm| arm.buckets.iter().any(|range| (range.from..range.to).contains(&drawn));
        self.arms.iter().find(holds).map_or(own, |arm| &arm.version)
    }

    /// Every version beside the entry's own that somebody may get.
    pub fn versions(&self) -> impl Iterator<Item = &VersionNumber> {
        self.arms.iter().map(|arm| &arm.version).chain(self.overrides.values())
    }
}

impl Arm {
    /// How many buckets the version has.
    pub fn weight(&self) -> u16 {
        self.buckets.iter().map(|range| range.to - range.from).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> VersionNumber {
        VersionNumber::parse(text).unwrap()
    }

    fn canary(to: u16) -> Split {
        Split {
            salt: "01J".to_owned(),
            draw: Draw::Prompt,
            arms: vec![Arm { version: version("2.0.0"), buckets: vec![Range { from: 0, to }] }],
            overrides: BTreeMap::new(),
        }
    }

    #[test]
    fn buckets_are_those_of_the_reference() {
        let prompt = PromptName::parse("customer_support").unwrap();
        for (salt, prompt, unit, expected) in [
            ("01J", Some(&prompt), "user-1", 2_004),
            ("01J", Some(&prompt), "user-2", 9_512),
            ("01J", None, "user-1", 7_598),
            ("", None, "", 6_409),
            ("01J", None, "Ünï\ncode", 6_684),
        ] {
            assert_eq!(bucket(salt, prompt, unit), expected, "{salt} {prompt:?} {unit:?}");
        }
    }

    #[test]
    fn a_tenth_of_the_buckets_is_a_tenth_of_the_units() {
        let (own, prompt) = (version("1.0.0"), PromptName::parse("greeting").unwrap());
        let split = canary(1_000);
        let units = (0..10_000).map(|number| format!("user-{number}"));
        let drawn = units.filter(|unit| *split.version_for(&own, &prompt, unit) == version("2.0.0")).count();
        assert!((900..=1_100).contains(&drawn), "{drawn} of 10,000");
    }

    #[test]
    fn an_override_goes_before_the_bucket() {
        let (own, prompt) = (version("1.0.0"), PromptName::parse("greeting").unwrap());
        let mut split = canary(BUCKETS);
        assert_eq!(split.version_for(&own, &prompt, "ada"), &version("2.0.0"));
        split.overrides.insert(UnitDigest::of("ada"), own.clone());
        assert_eq!(split.version_for(&own, &prompt, "ada"), &own);
        assert_eq!(split.version_for(&own, &prompt, "bob"), &version("2.0.0"));
    }

    #[test]
    fn prompts_of_a_release_draw_together_and_others_do_not() {
        let own = version("1.0.0");
        let names = ["a", "b", "c", "d"].map(|name| PromptName::parse(name).unwrap());
        let alike = |draw| {
            let split = Split { draw, ..canary(5_000) };
            let units = (0..200).map(|number| format!("u{number}"));
            units
                .filter(|unit| {
                    let of = |name| split.version_for(&own, name, unit);
                    names.iter().all(|name| of(name) == of(&names[0]))
                })
                .count()
        };
        assert_eq!(alike(Draw::Release), 200);
        assert!(alike(Draw::Prompt) < 60);
    }
}
