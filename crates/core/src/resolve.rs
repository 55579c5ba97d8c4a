//! Which version a caller gets: the only resolver. Server, edge, SDK and command line call it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use crate::{
    digest::Digest,
    names::{AliasName, PromptName, nearest},
    problem::Problem,
    references::Selector,
    splits::Split,
    versions::VersionNumber,
};

/// Everything needed to answer reads for one project, or for the part of it that was loaded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// The prompts.
    pub prompts: BTreeMap<PromptName, PromptFacts>,
    /// Every alias, those too that point at none of the prompts.
    pub aliases: BTreeSet<AliasName>,
}

/// What resolving needs to know about a prompt. A server has those of every prompt in memory, so there is no room to
/// grow in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PromptFacts {
    /// Its versions, in any order.
    pub versions: Arc<[VersionFacts]>,
    /// Where each alias points it.
    pub entries: Entries,
}

/// Where aliases point one prompt: few, and read much more often than changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entries(Box<[(AliasName, Entry)]>);

/// Where an alias points a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The version.
    pub version: VersionNumber,
    /// How part of the traffic goes to others.
    pub split: Option<Box<Split>>,
}

/// What resolving needs to know about a version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct VersionFacts {
    /// Its number.
    pub version: VersionNumber,
    /// Its content.
    pub digest: Digest,
    /// The commit it was pushed from.
    pub git_commit: Option<String>,
    /// Whether it was taken out of use: then only its exact number or digest finds it.
    pub archived: bool,
}

/// The version found.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved<'a> {
    /// The version.
    pub version: &'a VersionFacts,
    /// The alias that led there.
    pub alias: Option<&'a AliasName>,
    /// The entry's own version and how its traffic is divided, when it is: another unit may get another version.
    pub divided: Option<(&'a VersionNumber, &'a Split)>,
}

/// Why no version was found.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// No prompt of that name.
    #[error("no prompt is named `{name}`")]
    PromptNotFound {
        /// The name asked for.
        name: PromptName,
        /// A known name that is spelt alike.
        nearest: Option<String>,
    },
    /// No alias of that name.
    #[error("no alias is named `{name}`")]
    AliasNotFound {
        /// The name asked for.
        name: AliasName,
        /// A known name that is spelt alike.
        nearest: Option<String>,
    },
    /// The alias exists but has no entry for this prompt.
    #[error("the alias `{alias}` does not point at any version of `{prompt}`")]
    NotInAlias {
        /// The alias.
        alias: AliasName,
        /// The prompt.
        prompt: PromptName,
    },
    /// No version has that number, digest or commit.
    #[error("`{prompt}` has no version {reference}")]
    VersionNotFound {
        /// The prompt.
        prompt: PromptName,
        /// What was asked for.
        reference: String,
        /// The newest version there is.
        newest: Option<VersionNumber>,
    },
    /// No version lies in the range, or only archived ones.
    #[error("no version of `{prompt}` matches {reference}")]
    NoMatch {
        /// The prompt.
        prompt: PromptName,
        /// The range.
        reference: String,
        /// The newest version there is.
        newest: Option<VersionNumber>,
    },
}

impl Entries {
    /// The entry of an alias, with the alias.
    pub fn get(&self, alias: &AliasName) -> Option<(&AliasName, &Entry)> {
        self.iter().find(|(name, _)| *name == alias)
    }

    /// Every entry.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&AliasName, &Entry)> {
        self.0.iter().map(|(alias, entry)| (alias, entry))
    }

    /// The same, but that this alias has this entry, or none.
    #[must_use]
    pub fn with(&self, alias: &AliasName, entry: Option<Entry>) -> Self {
        let others = self.iter().filter(|(name, _)| *name != alias);
        let others = others.map(|(name, entry)| (name.clone(), entry.clone()));
        others.chain(entry.map(|entry| (alias.clone(), entry))).collect()
    }
}

/// In whatever order they come, they are kept by alias; of two entries of one alias the later counts.
impl FromIterator<(AliasName, Entry)> for Entries {
    fn from_iter<I: IntoIterator<Item = (AliasName, Entry)>>(entries: I) -> Self {
        Self(BTreeMap::from_iter(entries).into_iter().collect())
    }
}

/// Finds the version a reference names. `unit` is who asks: where an alias divides its traffic, it decides. Without one
/// the entry's own version is found.
pub fn resolve<'a>(
    snapshot: &'a Snapshot,
    prompt: &PromptName,
    selector: &Selector,
    unit: Option<&str>,
) -> Result<Resolved<'a>, ResolveError> {
    let facts = snapshot.prompts.get(prompt).ok_or_else(|| ResolveError::PromptNotFound {
        name: prompt.clone(),
        nearest: nearest_of(prompt.as_str(), snapshot.prompts.keys().map(PromptName::as_str)),
    })?;
    resolve_in(facts, &snapshot.aliases, prompt, selector, unit)
}

/// The same for one prompt that was found already; `aliases` are those of its project.
pub fn resolve_in<'a>(
    facts: &'a PromptFacts,
    aliases: &BTreeSet<AliasName>,
    prompt: &PromptName,
    selector: &Selector,
    unit: Option<&str>,
) -> Result<Resolved<'a>, ResolveError> {
    let served = || facts.versions.iter().filter(|facts| !facts.archived);
    let found = match selector {
        Selector::Exact(number) => exact(&facts.versions, number),
        Selector::Digest(digest) => {
            let same = facts.versions.iter().filter(|facts| facts.digest == *digest);
            same.max_by_key(|facts| (!facts.archived, &facts.version))
        }
        Selector::Commit(commit) => {
            let of_commit =
                served().filter(|facts| facts.git_commit.as_deref().is_some_and(|c| same_commit(c, commit)));
            of_commit.max_by_key(|facts| &facts.version)
        }
        Selector::Latest => newest(served()),
        Selector::Range(range) => {
            served().filter(|facts| range.matches(&facts.version)).max_by_key(|facts| &facts.version)
        }
        Selector::Alias(name) => return through_alias(facts, aliases, prompt, name, unit),
    };
    match found {
        Some(version) => Ok(Resolved { version, alias: None, divided: None }),
        None if matches!(selector, Selector::Range(_)) => Err(ResolveError::NoMatch {
            prompt: prompt.clone(),
            reference: selector.to_string(),
            newest: newest_number(facts),
        }),
        None => Err(not_found(facts, prompt, selector)),
    }
}

fn through_alias<'a>(
    facts: &'a PromptFacts,
    aliases: &BTreeSet<AliasName>,
    prompt: &PromptName,
    name: &AliasName,
    unit: Option<&str>,
) -> Result<Resolved<'a>, ResolveError> {
    let Some((alias, entry)) = facts.entries.get(name) else {
        return Err(if aliases.contains(name) {
            ResolveError::NotInAlias { alias: name.clone(), prompt: prompt.clone() }
        } else {
            let nearest = nearest_of(name.as_str(), aliases.iter().map(AliasName::as_str));
            ResolveError::AliasNotFound { name: name.clone(), nearest }
        });
    };
    let split = entry.split.as_deref();
    let drawn = split.zip(unit).map(|(split, unit)| split.version_for(&entry.version, prompt, unit));
    let version = exact(&facts.versions, drawn.unwrap_or(&entry.version));
    let version = version.ok_or_else(|| not_found(facts, prompt, &Selector::Alias(name.clone())))?;
    Ok(Resolved { version, alias: Some(alias), divided: split.map(|split| (&entry.version, split)) })
}

fn not_found(facts: &PromptFacts, prompt: &PromptName, selector: &Selector) -> ResolveError {
    ResolveError::VersionNotFound {
        prompt: prompt.clone(),
        reference: selector.to_string(),
        newest: newest_number(facts),
    }
}

fn newest_number(facts: &PromptFacts) -> Option<VersionNumber> {
    newest(facts.versions.iter().filter(|facts| !facts.archived)).map(|facts| facts.version.clone())
}

fn exact<'a>(versions: &'a [VersionFacts], number: &VersionNumber) -> Option<&'a VersionFacts> {
    versions.iter().find(|facts| facts.version == *number)
}

/// The highest release, else the highest pre-release.
fn newest<'a>(versions: impl Iterator<Item = &'a VersionFacts>) -> Option<&'a VersionFacts> {
    versions.max_by_key(|facts| (!facts.version.is_prerelease(), &facts.version))
}

/// Whether one of two commits, both possibly shortened, is the beginning of the other.
fn same_commit(kept: &str, wanted: &str) -> bool {
    let length = kept.len().min(wanted.len());
    length >= 7 && kept.is_char_boundary(length) && kept[..length].eq_ignore_ascii_case(&wanted[..length])
}

fn nearest_of<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    nearest(wanted, known).map(str::to_owned)
}

impl ResolveError {
    /// The stable code of the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::PromptNotFound { .. } => "prompt_not_found",
            Self::AliasNotFound { .. } => "alias_not_found",
            Self::NotInAlias { .. } | Self::VersionNotFound { .. } => "version_not_found",
            Self::NoMatch { .. } => "no_match",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::PromptNotFound { nearest, .. } | Self::AliasNotFound { nearest, .. } => {
                nearest.as_ref().map(|name| format!("did you mean `{name}`?"))
            }
            Self::NotInAlias { alias, prompt } => Some(format!(
                "push with `--alias {alias}`, or move the alias to a release that holds `{prompt}`"
            )),
            Self::VersionNotFound { newest, .. } | Self::NoMatch { newest, .. } => Some(match newest {
                Some(newest) => format!("the newest version is {newest}"),
                None => "every version is archived".to_owned(),
            }),
        }
    }
}

impl From<&ResolveError> for Problem {
    fn from(error: &ResolveError) -> Self {
        let mut problem = Problem::new(error.code(), error.to_string());
        problem.hint = error.hint();
        problem
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::splits::{Draw, allocate};

    fn facts(version: &str) -> VersionFacts {
        VersionFacts {
            version: VersionNumber::parse(version).unwrap(),
            digest: Digest::of(version.as_bytes()),
            git_commit: None,
            archived: false,
        }
    }

    fn archived(version: &str) -> VersionFacts {
        VersionFacts { archived: true, ..facts(version) }
    }

    fn from_commit(version: &str, commit: &str) -> VersionFacts {
        VersionFacts { git_commit: Some(commit.into()), ..facts(version) }
    }

    fn greeting() -> PromptName {
        PromptName::parse("greeting").unwrap()
    }

    fn snapshot(versions: Vec<VersionFacts>) -> Snapshot {
        let production = AliasName::parse("production").unwrap();
        let entry = Entry { version: VersionNumber::new(1, 0, 0), split: None };
        let entries = Entries::from_iter([(production.clone(), entry)]);
        let versions = versions.into();
        Snapshot {
            prompts: BTreeMap::from([(greeting(), PromptFacts { versions, entries })]),
            aliases: BTreeSet::from([production]),
        }
    }

    fn resolved(snapshot: &Snapshot, reference: &str) -> Result<String, ResolveError> {
        let selector = Selector::parse(reference).unwrap();
        resolve(snapshot, &greeting(), &selector, None).map(|found| found.version.version.to_string())
    }

    #[test]
    fn each_reference_finds_its_version() {
        let snapshot = snapshot(vec![
            from_commit("1.0.0", "0123456789abcdef0123456789abcdef01234567"),
            from_commit("1.2.0", "0123456789abcdef0123456789abcdef01234567"),
            from_commit("1.10.0", "fffffff"),
            archived("1.11.0"),
            facts("2.0.0-rc.1"),
        ]);
        let of_archived = Digest::of(b"1.11.0");
        for (reference, expected) in [
            ("1.2.0", "1.2.0"),
            ("1.11.0", "1.11.0"),
            ("v1", "1.10.0"),
            ("^1.2", "1.10.0"),
            (">=1 <1.10", "1.2.0"),
            ("2.0.0-rc.1", "2.0.0-rc.1"),
            (">=2.0.0-rc.0", "2.0.0-rc.1"),
            ("latest", "1.10.0"),
            ("production", "1.0.0"),
            (of_archived.as_str(), "1.11.0"),
            ("git:0123456", "1.2.0"),
            ("git:0123456789abcdef0123456789abcdef01234567", "1.2.0"),
            ("git:fffffff000000000000000000000000000000000", "1.10.0"),
        ] {
            assert_eq!(resolved(&snapshot, reference), Ok(expected.to_owned()), "{reference}");
        }
    }

    #[test]
    fn what_is_not_found_says_what_there_is() {
        let snapshot = snapshot(vec![facts("1.2.0"), archived("2.0.0")]);
        for (reference, code, hint) in [
            ("1.1.0", "version_not_found", "the newest version is 1.2.0"),
            ("^2", "no_match", "the newest version is 1.2.0"),
            ("git:abcdef0", "version_not_found", "the newest version is 1.2.0"),
            ("productoin", "alias_not_found", "did you mean `production`?"),
            // The alias names 1.0.0, which this snapshot does not hold.
            ("production", "version_not_found", "the newest version is 1.2.0"),
        ] {
            let problem = Problem::from(&resolved(&snapshot, reference).expect_err(reference));
            assert_eq!((problem.code.as_str(), problem.hint.as_deref()), (code, Some(hint)), "{reference}");
        }
        let other = PromptName::parse("greetings").unwrap();
        let error = resolve(&snapshot, &other, &Selector::Latest, None).unwrap_err();
        assert_eq!(error, ResolveError::PromptNotFound { name: other, nearest: Some("greeting".into()) });
    }

    #[test]
    fn an_alias_without_the_prompt_says_so() {
        let mut snapshot = snapshot(vec![facts("1.0.0")]);
        snapshot.prompts.values_mut().for_each(|facts| facts.entries = Entries::default());
        assert_eq!(resolved(&snapshot, "production").unwrap_err().code(), "version_not_found");
    }

    #[test]
    fn a_unit_draws_its_version_and_nobody_gets_the_alias_s_own() {
        let mut snapshot = snapshot(vec![facts("1.0.0"), facts("2.0.0")]);
        let arms = allocate(&[], &[(VersionNumber::new(2, 0, 0), 5_000)]).unwrap();
        let split = Split { salt: "s".into(), draw: Draw::Prompt, arms, overrides: BTreeMap::new() };
        let production = AliasName::parse("production").unwrap();
        let facts = snapshot.prompts.get_mut(&greeting()).unwrap();
        let entry = Entry { version: VersionNumber::new(1, 0, 0), split: Some(split.into()) };
        facts.entries = facts.entries.with(&production, Some(entry));
        let selector = Selector::parse("production").unwrap();
        let got = |unit: Option<&str>| {
            let found = resolve(&snapshot, &greeting(), &selector, unit).unwrap();
            assert!(found.divided.is_some());
            found.version.version.to_string()
        };
        assert_eq!(got(None), "1.0.0");
        let drawn: BTreeSet<String> = (0..50).map(|unit| got(Some(&format!("u{unit}")))).collect();
        assert_eq!(drawn, BTreeSet::from(["1.0.0".to_owned(), "2.0.0".to_owned()]));
        let exact = resolve(&snapshot, &greeting(), &Selector::parse("1.0.0").unwrap(), Some("u1")).unwrap();
        assert!(exact.divided.is_none());
    }

    #[test]
    fn archived_versions_answer_only_to_their_number_and_digest() {
        let snapshot =
            snapshot(vec![VersionFacts { git_commit: Some("abcdef0".into()), ..archived("1.5.0") }]);
        assert_eq!(resolved(&snapshot, "1.5.0").as_deref(), Ok("1.5.0"));
        assert_eq!(resolved(&snapshot, Digest::of(b"1.5.0").as_str()).as_deref(), Ok("1.5.0"));
        for reference in ["latest", "*", "v1", "git:abcdef0"] {
            assert!(resolved(&snapshot, reference).is_err(), "{reference}");
        }
    }

    #[test]
    fn latest_is_a_prerelease_only_when_there_is_nothing_else() {
        assert_eq!(
            resolved(&snapshot(vec![facts("1.0.0-rc.1"), facts("1.0.0-rc.2")]), "latest").unwrap(),
            "1.0.0-rc.2"
        );
        assert_eq!(
            resolved(&snapshot(vec![facts("2.0.0-rc.1"), facts("1.0.0")]), "latest").unwrap(),
            "1.0.0"
        );
    }

    fn history() -> impl Strategy<Value = Vec<VersionFacts>> {
        prop::collection::btree_map((0_u64..4, 0_u64..4, 0_u64..4, any::<bool>()), any::<bool>(), 1..12)
            .prop_map(|numbers| {
                numbers
                    .into_iter()
                    .map(|((a, b, c, pre), archived)| {
                        let pre = if pre { "-rc.1" } else { "" };
                        VersionFacts { archived, ..facts(&format!("{a}.{b}.{c}{pre}")) }
                    })
                    .collect()
            })
    }

    proptest! {
        #[test]
        fn latest_is_the_highest_and_a_range_result_lies_in_the_range(versions in history(), major in 0_u64..4) {
            let snapshot = snapshot(versions.clone());
            let released: Vec<_> = versions.iter().filter(|f| !f.archived && !f.version.is_prerelease()).collect();
            if let Some(highest) = released.iter().map(|f| f.version.clone()).max() {
                prop_assert_eq!(resolved(&snapshot, "latest").unwrap(), highest.to_string());
            }
            let in_major: Vec<_> = released.iter().filter(|f| f.version.parts().0 == major).collect();
            match resolved(&snapshot, &format!("v{major}")) {
                Ok(found) => {
                    let highest = in_major.iter().map(|f| f.version.clone()).max();
                    prop_assert_eq!(Some(found), highest.map(|v| v.to_string()));
                }
                Err(_) => prop_assert!(in_major.is_empty()),
            }
        }

        #[test]
        fn the_order_of_versions_does_not_matter(
            (versions, shuffled) in history().prop_flat_map(|h| (Just(h.clone()), Just(h).prop_shuffle())),
            reference in prop_oneof![
                Just("latest"), Just("*"), Just("v1"), Just("^1.2"), Just("1.0.0"), Just("production"),
            ],
        ) {
            let (one, other) = (snapshot(versions), snapshot(shuffled));
            prop_assert_eq!(resolved(&one, reference), resolved(&other, reference));
        }
    }
}
