//! The splits of a whole alias: of its release, of its prompts, and what a move leaves of them.

use std::collections::BTreeMap;

use super::{AllocateError, Arm, Draw, Range, Split};
use crate::{names::PromptName, versions::VersionNumber};

/// Units by hand times prompts: each prompt of a snapshot names them all.
const MAX_BY_HAND: usize = 100_000;

/// Where an alias or a release points: prompt → version.
type Entries = BTreeMap<PromptName, VersionNumber>;

/// How an alias divides its traffic. Nothing of it outlives a move of the whole alias.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AliasSplits {
    /// How the release it stands on shares with other releases: the versions in it are releases. The splits of the
    /// prompts follow from it.
    pub release: Option<Split>,
    /// The prompts whose traffic is divided.
    pub prompts: BTreeMap<PromptName, Split>,
}

impl AliasSplits {
    /// Whether everybody gets the same.
    pub fn is_empty(&self) -> bool {
        self.release.is_none() && self.prompts.is_empty()
    }

    /// What is left when one prompt is moved alone: its split ends.
    #[must_use]
    pub fn without(mut self, prompt: &PromptName) -> Self {
        self.prompts.remove(prompt);
        if self.prompts.is_empty() {
            self.release = None;
        }
        self
    }

    /// The splits when the release shares with others. A prompt is divided where releases differ from what the alias
    /// serves; all prompts draw alike, so that a unit gets one release and never a mixture. A prompt that only one side
    /// has is served as before. `releases` says where each release of the split points, its own one too. Releases that
    /// differ in nothing the alias serves divide nothing.
    pub fn of_release(
        entries: &Entries,
        release: Split,
        releases: &BTreeMap<VersionNumber, Entries>,
    ) -> Result<Self, AllocateError> {
        let mut prompts = BTreeMap::new();
        for (prompt, own) in entries {
            let in_release = |release: &VersionNumber| releases.get(release)?.get(prompt);
            let mut parts: BTreeMap<&VersionNumber, Vec<Range>> = BTreeMap::new();
            for arm in &release.arms {
                if let Some(version) = in_release(&arm.version).filter(|version| *version != own) {
                    parts.entry(version).or_default().extend(&arm.buckets);
                }
            }
            if parts.is_empty() {
                continue;
            }
            let arm = |(version, buckets): (&VersionNumber, Vec<Range>)| Arm {
                version: version.clone(),
                buckets: joined(buckets),
            };
            let arms = parts.into_iter().map(arm).collect();
            let by_hand = |unit, release| (unit, in_release(release).unwrap_or(own).clone());
            let overrides = release.overrides.iter();
            let overrides = overrides.map(|(unit, version)| by_hand(unit.clone(), version)).collect();
            let split = Split { salt: release.salt.clone(), draw: Draw::Release, arms, overrides };
            prompts.insert(prompt.clone(), split);
        }
        let (units, divided) = (release.overrides.len(), prompts.len());
        if prompts.is_empty() {
            return Err(AllocateError::Same);
        }
        if units * divided > MAX_BY_HAND {
            return Err(AllocateError::TooMuchByHand { units, prompts: divided });
        }
        Ok(Self { release: Some(release), prompts })
    }

    /// The versions that the alias may serve beside its own: maps of one version a prompt, as many as are needed.
    pub fn others(&self) -> Vec<Entries> {
        let mut maps: Vec<Entries> = Vec::new();
        for (prompt, split) in &self.prompts {
            let mut versions: Vec<&VersionNumber> = split.versions().collect();
            versions.sort_unstable();
            versions.dedup();
            for (place, version) in versions.into_iter().enumerate() {
                if maps.len() == place {
                    maps.push(Entries::new());
                }
                maps[place].insert(prompt.clone(), version.clone());
            }
        }
        maps
    }

    /// One line a split, the same for the same splits: for digests.
    pub fn lines(&self) -> Vec<String> {
        let text = |split: &Split| serde_json::to_string(split).unwrap_or_default();
        let release = self.release.iter().map(|split| format!("* {}", text(split)));
        release
            .chain(self.prompts.iter().map(|(prompt, split)| format!("{prompt} {}", text(split))))
            .collect()
    }
}

/// Buckets in ascending order, neighbours together.
fn joined(mut buckets: Vec<Range>) -> Vec<Range> {
    buckets.sort_unstable();
    let mut found: Vec<Range> = Vec::with_capacity(buckets.len());
    for range in buckets {
        match found.last_mut() {
            Some(last) if last.to == range.from => last.to = range.to,
            _ => found.push(range),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::splits::{UnitDigest, allocate};

    fn version(text: &str) -> VersionNumber {
        VersionNumber::parse(text).unwrap()
    }

    fn entries(list: &[(&str, &str)]) -> Entries {
        list.iter().map(|(name, number)| (PromptName::parse(name).unwrap(), version(number))).collect()
    }

    /// `a` differs in both releases, `b` in the second alone, `c` in none; `new` is in the second alone.
    fn canary() -> (Entries, AliasSplits) {
        let own = entries(&[("a", "1.0.0"), ("b", "1.0.0"), ("c", "1.0.0"), ("old", "1.0.0")]);
        let second = entries(&[("a", "2.0.0"), ("b", "1.0.0"), ("c", "1.0.0"), ("old", "1.0.0")]);
        let third = entries(&[("a", "3.0.0"), ("b", "3.0.0"), ("c", "1.0.0"), ("new", "1.0.0")]);
        let arms = allocate(&[], &[(version("2.0.0"), 1_000), (version("3.0.0"), 2_000)]).unwrap();
        let by_hand = |unit, number| (UnitDigest::of(unit), version(number));
        let overrides =
            BTreeMap::from([by_hand("ann", "3.0.0"), by_hand("bob", "1.0.0"), by_hand("cid", "2.0.0")]);
        let release = Split { salt: "s".into(), draw: Draw::Release, arms, overrides };
        let releases = BTreeMap::from([
            (version("1.0.0"), own.clone()),
            (version("2.0.0"), second),
            (version("3.0.0"), third),
        ]);
        let splits = AliasSplits::of_release(&own, release, &releases).unwrap();
        (own, splits)
    }

    #[test]
    fn a_unit_gets_one_release_and_never_a_mixture() {
        let (own, splits) = canary();
        let divided: Vec<_> = splits.prompts.keys().map(PromptName::as_str).collect();
        assert_eq!(divided, ["a", "b"]);
        let mut seen = BTreeMap::new();
        let units = (0..2_000).map(|n| format!("user-{n}")).chain(["ann", "bob", "cid"].map(str::to_owned));
        for unit in units {
            let got: Vec<_> = own
                .iter()
                .map(|(prompt, own)| {
                    let split = splits.prompts.get(prompt);
                    split.map_or(own, |split| split.version_for(own, prompt, &unit)).to_string()
                })
                .collect();
            *seen.entry(got[..2].join(" ")).or_insert(0) += 1;
            match unit.as_str() {
                "ann" => assert_eq!(got, ["3.0.0", "3.0.0", "1.0.0", "1.0.0"]),
                "bob" => assert_eq!(got, ["1.0.0", "1.0.0", "1.0.0", "1.0.0"]),
                "cid" => assert_eq!(got, ["2.0.0", "1.0.0", "1.0.0", "1.0.0"]),
                _ => {}
            }
        }
        let seen: Vec<_> = seen.keys().map(String::as_str).collect();
        assert_eq!(seen, ["1.0.0 1.0.0", "2.0.0 1.0.0", "3.0.0 3.0.0"]);
    }

    #[test]
    fn releases_with_the_same_version_of_a_prompt_share_one_arm() {
        let own = entries(&[("a", "1.0.0")]);
        let two = entries(&[("a", "2.0.0")]);
        let arms = allocate(&[], &[(version("2.0.0"), 1_000), (version("2.0.1"), 2_000)]).unwrap();
        let release = Split { salt: "s".into(), draw: Draw::Release, arms, overrides: BTreeMap::new() };
        let releases = BTreeMap::from([(version("2.0.0"), two.clone()), (version("2.0.1"), two)]);
        let splits = AliasSplits::of_release(&own, release, &releases).unwrap();
        let split = splits.prompts.values().next().unwrap();
        assert_eq!(
            split.arms,
            [Arm { version: version("2.0.0"), buckets: vec![Range { from: 0, to: 3_000 }] }]
        );
    }

    #[test]
    fn releases_that_divide_nothing_or_fix_too_much_by_hand_are_refused() {
        let names: Vec<String> = (0..101).map(|n| format!("p{n}")).collect();
        let all = |number| entries(&names.iter().map(|name| (name.as_str(), number)).collect::<Vec<_>>());
        let arms = allocate(&[], &[(version("2.0.0"), 1_000)]).unwrap();
        let overrides = (0..1_000).map(|n| (UnitDigest::of(&format!("u{n}")), version("2.0.0"))).collect();
        let release = Split { salt: "s".into(), draw: Draw::Release, arms, overrides };
        let made = |entries: &Entries| {
            let releases = BTreeMap::from([(version("2.0.0"), all("2.0.0"))]);
            AliasSplits::of_release(entries, release.clone(), &releases)
        };
        assert_eq!(made(&all("2.0.0")), Err(AllocateError::Same));
        assert_eq!(made(&all("1.0.0")), Err(AllocateError::TooMuchByHand { units: 1_000, prompts: 101 }));
        let mut fewer = all("1.0.0");
        fewer.pop_first();
        assert!(made(&fewer).is_ok());
    }

    #[test]
    fn a_prompt_that_is_moved_alone_leaves_and_the_last_one_ends_the_release_s() {
        let (_, splits) = canary();
        let name = |name| PromptName::parse(name).unwrap();
        let left = splits.without(&name("a"));
        assert!(left.release.is_some() && left.prompts.contains_key(&name("b")));
        assert!(left.without(&name("b")).is_empty());
    }

    #[test]
    fn every_version_that_may_be_served_is_in_one_of_the_maps() {
        let (_, splits) = canary();
        assert_eq!(
            splits.others(),
            [
                entries(&[("a", "1.0.0"), ("b", "1.0.0")]),
                entries(&[("a", "2.0.0"), ("b", "3.0.0")]),
                entries(&[("a", "3.0.0")]),
            ]
        );
        assert!(AliasSplits::default().others().is_empty());
    }

    #[test]
    fn lines_tell_one_division_from_another() {
        let (_, splits) = canary();
        assert_eq!(splits.lines(), splits.clone().lines());
        assert_eq!(splits.lines().len(), 3);
        let mut other = splits.clone();
        other.prompts.values_mut().for_each(|split| split.overrides.clear());
        assert_ne!(splits.lines(), other.lines());
    }
}
