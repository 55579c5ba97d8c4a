//! Which buckets the versions of a split get, when it is made and when it changes.

use super::{Arm, BUCKETS, MAX_ARMS, MAX_OVERRIDES, MAX_UNIT, Range};
use crate::{problem::Problem, versions::VersionNumber};

/// Why traffic cannot be divided so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AllocateError {
    /// The parts are more than the whole.
    #[error("the parts of a split make {} percent together", percent(*sum))]
    TooMuch {
        /// Their sum, in buckets.
        sum: u32,
    },
    /// A version is named twice.
    #[error("{version} has two parts of one split")]
    Twice {
        /// The version.
        version: VersionNumber,
    },
    /// More versions than a split has room for.
    #[error("a split has at most {MAX_ARMS} versions beside the alias's own, these are {count}")]
    TooMany {
        /// How many there are.
        count: usize,
    },
    /// A part that is no percentage.
    #[error("{given} is no percentage")]
    Percentage {
        /// What was given.
        given: String,
    },
    /// The alias's own version shall have another part than what is left.
    #[error("{version} is the alias's own version: it gets the {} percent that are left", percent(*left))]
    Own {
        /// The version.
        version: VersionNumber,
        /// What is left, in buckets.
        left: u32,
    },
    /// Nothing differs from what the alias serves.
    #[error("this is what the alias serves already")]
    Same,
    /// A unit shall get a version that has no part.
    #[error("{version} has no part of this split")]
    NoPart {
        /// The version.
        version: VersionNumber,
    },
    /// A unit without a name, or with one that is too long.
    #[error("the name of a unit has 1 to {MAX_UNIT} bytes")]
    Unit,
    /// More units fixed by hand than there is room for.
    #[error("at most {MAX_OVERRIDES} units get a version by hand, these are {count}")]
    TooManyOverrides {
        /// How many there are.
        count: usize,
    },
    /// Units fixed by hand in so many prompts that the alias's snapshot would be about little else.
    #[error("{units} units by hand in {prompts} prompts are too much for one alias")]
    TooMuchByHand {
        /// How many units.
        units: usize,
        /// In how many prompts.
        prompts: usize,
    },
}

/// Gives each version as many buckets as it shall have, moving as few units as possible: a version that grows keeps what
/// it has and takes the first buckets that are nobody's then, one that shrinks gives back its last, and one that stays
/// keeps all.
pub fn allocate(before: &[Arm], wanted: &[(VersionNumber, u16)]) -> Result<Vec<Arm>, AllocateError> {
    if wanted.len() > MAX_ARMS {
        return Err(AllocateError::TooMany { count: wanted.len() });
    }
    let sum: u32 = wanted.iter().map(|(_, weight)| u32::from(*weight)).sum();
    if sum > u32::from(BUCKETS) {
        return Err(AllocateError::TooMuch { sum });
    }
    let twice = wanted
        .iter()
        .enumerate()
        .find(|(at, (version, _))| wanted[..*at].iter().any(|(other, _)| other == version));
    if let Some((_, (version, _))) = twice {
        return Err(AllocateError::Twice { version: version.clone() });
    }
    let mut owners: Vec<Option<usize>> = vec![None; usize::from(BUCKETS)];
    let mut left: Vec<usize> = wanted.iter().map(|(_, weight)| usize::from(*weight)).collect();
    for (place, (version, _)) in wanted.iter().enumerate() {
        let kept = before.iter().find(|arm| arm.version == *version).map_or(&[][..], |arm| &arm.buckets);
        for bucket in kept.iter().flat_map(|range| range.from..range.to) {
            let owner = owners.get_mut(usize::from(bucket)).filter(|owner| owner.is_none());
            if let Some(owner) = owner
                && left[place] > 0
            {
                *owner = Some(place);
                left[place] -= 1;
            }
        }
    }
    for (place, missing) in left.iter().enumerate() {
        for owner in owners.iter_mut().filter(|owner| owner.is_none()).take(*missing) {
            *owner = Some(place);
        }
    }
    let arm = |(place, (version, _)): (usize, &(VersionNumber, u16))| Arm {
        version: version.clone(),
        buckets: ranges(&owners, place),
    };
    Ok(wanted.iter().enumerate().map(arm).collect())
}

fn ranges(owners: &[Option<usize>], place: usize) -> Vec<Range> {
    let mut found: Vec<Range> = Vec::new();
    for (bucket, _) in (0_u16..).zip(owners).filter(|(_, owner)| **owner == Some(place)) {
        match found.last_mut() {
            Some(last) if last.to == bucket => last.to += 1,
            _ => found.push(Range { from: bucket, to: bucket + 1 }),
        }
    }
    found
}

fn percent(buckets: u32) -> String {
    let (whole, rest) = (buckets / 100, buckets % 100);
    if rest == 0 { whole.to_string() } else { format!("{whole}.{rest:02}") }
}

impl From<&AllocateError> for Problem {
    fn from(error: &AllocateError) -> Self {
        let problem = Self::new("split", error.to_string());
        match error {
            AllocateError::TooMuch { .. } => {
                problem.hint("they can be 100 percent at most; the rest is the alias's own")
            }
            AllocateError::Twice { .. } => problem.hint("name each version once, with all of its part"),
            AllocateError::Percentage { .. } => {
                problem.hint("percentages go from 0 to 100 and have two decimals at most")
            }
            AllocateError::Own { .. } => problem.hint("leave it out, or let all parts make 100 percent"),
            AllocateError::Same => problem.hint("name a version that the alias does not point at"),
            AllocateError::NoPart { .. } => problem.hint("give it one: 0 percent is a part"),
            AllocateError::TooMany { .. }
            | AllocateError::Unit
            | AllocateError::TooManyOverrides { .. }
            | AllocateError::TooMuchByHand { .. } => problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn version(major: u64) -> VersionNumber {
        VersionNumber::new(major, 0, 0)
    }

    fn arms(before: &[Arm], weights: &[u16]) -> Vec<Arm> {
        let wanted: Vec<_> = (2..).map(version).zip(weights.iter().copied()).collect();
        allocate(before, &wanted).unwrap()
    }

    fn buckets(arm: &Arm) -> Vec<u16> {
        arm.buckets.iter().flat_map(|range| range.from..range.to).collect()
    }

    #[test]
    fn a_canary_begins_at_the_first_bucket() {
        assert_eq!(arms(&[], &[1_000])[0].buckets, [Range { from: 0, to: 1_000 }]);
        assert_eq!(arms(&[], &[0])[0].buckets, []);
        assert_eq!(arms(&[], &[BUCKETS])[0].buckets, [Range { from: 0, to: BUCKETS }]);
    }

    #[test]
    fn what_cannot_be_divided_says_why() {
        let wanted = |list: &[(u64, u16)]| list.iter().map(|(n, w)| (version(*n), *w)).collect::<Vec<_>>();
        let refused = |list: &[(u64, u16)]| allocate(&[], &wanted(list)).unwrap_err().to_string();
        assert_eq!(refused(&[(2, 9_000), (3, 1_050)]), "the parts of a split make 100.50 percent together");
        assert_eq!(refused(&[(2, 1), (2, 2)]), "2.0.0 has two parts of one split");
        let many: Vec<_> = (1..=10).map(|number| (number, 1)).collect();
        assert!(refused(&many).contains("at most 9"));
    }

    fn weights() -> impl Strategy<Value = Vec<u16>> {
        prop::collection::vec(0_u16..=2_500, 1..=4)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_version_has_its_part_and_no_bucket_has_two(first in weights(), second in weights()) {
            let after = arms(&arms(&[], &first), &second);
            let mut all: Vec<u16> = after.iter().flat_map(buckets).collect();
            let count = all.len();
            all.sort_unstable();
            all.dedup();
            prop_assert_eq!(all.len(), count);
            for (arm, weight) in after.iter().zip(&second) {
                prop_assert_eq!(arm.weight(), *weight);
            }
        }

        #[test]
        fn widening_moves_no_unit_out_and_narrowing_lets_none_in(first in weights(), second in weights()) {
            let before = arms(&[], &first);
            let after = arms(&before, &second);
            for (old, new) in before.iter().zip(&after) {
                let (smaller, larger) = if old.weight() <= new.weight() { (old, new) } else { (new, old) };
                let larger = buckets(larger);
                prop_assert!(buckets(smaller).iter().all(|bucket| larger.contains(bucket)));
            }
        }
    }
}
