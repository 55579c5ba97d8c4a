//! What somebody asks for, and the split that follows: parts in percent, units by hand, the alias's own version.

use std::collections::BTreeMap;

use super::{AllocateError, BUCKETS, Draw, MAX_OVERRIDES, MAX_UNIT, Split, UnitDigest, allocate};
use crate::versions::VersionNumber;

/// What somebody wants of a split.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Versions and their parts, in buckets. The alias's own may be among them when its part is what the others leave.
    pub parts: Vec<(VersionNumber, u16)>,
    /// Units that get a version by hand; those of the split before when nothing is said.
    pub overrides: Option<BTreeMap<UnitDigest, VersionNumber>>,
}

/// A part in buckets: percentages have two decimals at most.
pub fn weight(percentage: f64) -> Result<u16, AllocateError> {
    let scaled = percentage * 100.0;
    let rounded = scaled.round();
    let is_exact = (scaled - rounded).abs() < 1e-6;
    if !is_exact || !(0.0..=f64::from(BUCKETS)).contains(&rounded) {
        return Err(AllocateError::Percentage { given: percentage.to_string() });
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number up to 10,000"
    )]
    Ok(rounded as u16)
}

/// The digest of a unit that was named.
pub fn unit(name: &str) -> Result<UnitDigest, AllocateError> {
    if (1..=MAX_UNIT).contains(&name.len()) { Ok(UnitDigest::of(name)) } else { Err(AllocateError::Unit) }
}

/// Divides traffic anew, or widens and narrows what `before` divides: then its salt stays, and units move only as far as
/// parts change. `own` is what the alias serves itself; it gets what the others leave.
pub fn divide(
    before: Option<&Split>,
    draw: Draw,
    own: Option<&VersionNumber>,
    wanted: &Wanted,
    new_salt: &str,
) -> Result<Split, AllocateError> {
    let others = without_own(own, &wanted.parts)?;
    let arms = allocate(before.map_or(&[][..], |before| &before.arms), &others)?;
    let has_part =
        |version: &VersionNumber| own == Some(version) || others.iter().any(|(other, _)| other == version);
    let overrides = match (&wanted.overrides, before) {
        (Some(wanted), _) => {
            if let Some(version) = wanted.values().find(|version| !has_part(version)) {
                return Err(AllocateError::NoPart { version: version.clone() });
            }
            wanted.clone()
        }
        (None, Some(before)) => {
            let kept = before.overrides.iter().filter(|(_, version)| has_part(version));
            kept.map(|(unit, version)| (unit.clone(), version.clone())).collect()
        }
        (None, None) => BTreeMap::new(),
    };
    if overrides.len() > MAX_OVERRIDES {
        return Err(AllocateError::TooManyOverrides { count: overrides.len() });
    }
    let salt = before.map_or(new_salt, |before| &before.salt).to_owned();
    Ok(Split { salt, draw, arms, overrides })
}

fn without_own(
    own: Option<&VersionNumber>,
    parts: &[(VersionNumber, u16)],
) -> Result<Vec<(VersionNumber, u16)>, AllocateError> {
    let (mine, others): (Vec<_>, Vec<_>) =
        parts.iter().cloned().partition(|(version, _)| Some(version) == own);
    if let Some((version, part)) = mine.first() {
        let sum: u32 = others.iter().map(|(_, part)| u32::from(*part)).sum();
        let left = u32::from(BUCKETS).saturating_sub(sum);
        if mine.len() > 1 {
            return Err(AllocateError::Twice { version: version.clone() });
        }
        if others.is_empty() {
            return Err(AllocateError::Same);
        }
        if u32::from(*part) != left {
            return Err(AllocateError::Own { version: version.clone(), left });
        }
    }
    Ok(others)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::splits::Range;

    fn version(major: u64) -> VersionNumber {
        VersionNumber::new(major, 0, 0)
    }

    fn wanted(parts: &[(u64, u16)]) -> Wanted {
        Wanted { parts: parts.iter().map(|(n, part)| (version(*n), *part)).collect(), overrides: None }
    }

    fn divided(before: Option<&Split>, wanted: &Wanted) -> Result<Split, AllocateError> {
        divide(before, Draw::Prompt, Some(&version(1)), wanted, "new")
    }

    #[test]
    fn a_percentage_has_two_decimals_at_most() {
        for (given, expected) in [
            (0.0, 0),
            (0.01, 1),
            (0.07, 7),
            (0.29, 29),
            (10.0, 1_000),
            (33.33, 3_333),
            (99.99, 9_999),
            (100.0, 10_000),
        ] {
            assert_eq!(weight(given), Ok(expected), "{given}");
        }
        for bad in [-0.01, -10.0, 0.001, 12.345, 100.01, 1e300, f64::INFINITY, f64::NAN] {
            assert!(weight(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_own_version_gets_what_is_left_and_cannot_be_given_another_part() {
        let split = divided(None, &wanted(&[(1, 7_000), (2, 3_000)])).unwrap();
        assert_eq!(split.arms.len(), 1);
        assert_eq!(split.arms[0].weight(), 3_000);
        let refused = |parts: &[(u64, u16)]| divided(None, &wanted(parts)).unwrap_err().to_string();
        assert_eq!(
            refused(&[(1, 5_000), (2, 3_000)]),
            "1.0.0 is the alias's own version: it gets the 70 percent that are left"
        );
        assert_eq!(refused(&[(1, 10_000)]), "this is what the alias serves already");
        assert_eq!(refused(&[(1, 5_000), (1, 5_000)]), "1.0.0 has two parts of one split");
        assert_eq!(refused(&[(1, 0), (2, 10_001)]), "the parts of a split make 100.01 percent together");
    }

    #[test]
    fn a_split_that_changes_keeps_its_salt_its_units_and_those_fixed_by_hand() {
        let by_hand =
            BTreeMap::from([(UnitDigest::of("ann"), version(2)), (UnitDigest::of("bob"), version(1))]);
        let first = Wanted { overrides: Some(by_hand.clone()), ..wanted(&[(2, 500)]) };
        let first = divided(None, &first).unwrap();
        assert_eq!((first.salt.as_str(), &first.overrides), ("new", &by_hand));
        let wider =
            divide(Some(&first), Draw::Prompt, Some(&version(1)), &wanted(&[(2, 1_000)]), "other").unwrap();
        assert_eq!((wider.salt.as_str(), &wider.overrides), ("new", &by_hand));
        assert_eq!(wider.arms[0].buckets, [Range { from: 0, to: 1_000 }]);
        let another = divided(Some(&wider), &wanted(&[(3, 1_000)])).unwrap();
        assert_eq!(another.overrides, BTreeMap::from([(UnitDigest::of("bob"), version(1))]));
        let cleared = Wanted { overrides: Some(BTreeMap::new()), ..wanted(&[(2, 1_000)]) };
        assert!(divided(Some(&wider), &cleared).unwrap().overrides.is_empty());
    }

    #[test]
    fn units_by_hand_get_a_version_that_has_a_part() {
        let overrides = |version| Some(BTreeMap::from([(UnitDigest::of("ann"), version)]));
        let refused = divided(None, &Wanted { overrides: overrides(version(3)), ..wanted(&[(2, 500)]) });
        assert_eq!(refused, Err(AllocateError::NoPart { version: version(3) }));
        assert!(divided(None, &Wanted { overrides: overrides(version(2)), ..wanted(&[(2, 0)]) }).is_ok());
        let many = (0..=MAX_OVERRIDES).map(|n| (UnitDigest::of(&n.to_string()), version(2))).collect();
        let refused = divided(None, &Wanted { overrides: Some(many), ..wanted(&[(2, 500)]) });
        assert_eq!(refused, Err(AllocateError::TooManyOverrides { count: 1_001 }));
        assert_eq!(unit(""), Err(AllocateError::Unit));
        assert_eq!(unit(&"u".repeat(257)), Err(AllocateError::Unit));
        assert_eq!(unit("ann"), Ok(UnitDigest::of("ann")));
    }
}
