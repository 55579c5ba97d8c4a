//! Which versions a draft's dependencies stand for.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use super::{Dependency, PastVersion, Registry};
use crate::{
    digest::Digest,
    documents::Document,
    files::PromptDraft,
    names::{PromptName, nearest},
    problem::Problem,
    versions::{VersionNumber, VersionRange},
};

/// The longest chain of dependencies below a prompt.
const MAX_DEPTH: usize = 8;

/// Prompts that one prompt depends on, directly and through others.
const MAX_DEPENDENCIES: usize = 100;

/// Problems of a push for which a name that is spelt alike is looked up; each look-up reads every name.
const SUGGESTIONS: usize = 20;

/// A pushed prompt whose version is known.
pub(super) struct Pushed<'a> {
    /// `None` when the draft has problems: its text still lets others be checked.
    pub(super) version: Option<VersionNumber>,
    pub(super) digest: Digest,
    pub(super) document: &'a Document,
    pub(super) dependencies: BTreeMap<PromptName, Dependency>,
}

/// What a draft depends on, directly and through others.
#[derive(Default)]
pub(super) struct Closure<'a> {
    pub(super) dependencies: BTreeMap<PromptName, Dependency>,
    pub(super) documents: BTreeMap<PromptName, &'a Document>,
    /// Whether every version is known. When not, another draft of the push has the problem.
    pub(super) complete: bool,
}

/// The order in which drafts are planned, dependencies first, as indices; and a problem for each cycle.
/// Drafts on or behind a cycle are left out.
pub(super) fn order(drafts: &[PromptDraft]) -> (Vec<usize>, Vec<Problem>) {
    let by_name: BTreeMap<&PromptName, usize> =
        drafts.iter().enumerate().map(|(index, draft)| (&draft.name, index)).collect();
    let needs: Vec<BTreeSet<usize>> = drafts
        .iter()
        .map(|draft| {
            draft.document.dependencies.keys().filter_map(|name| by_name.get(name).copied()).collect()
        })
        .collect();
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); drafts.len()];
    for (index, needs) in needs.iter().enumerate() {
        for need in needs {
            needed_by[*need].push(index);
        }
    }
    let mut open: Vec<usize> = needs.iter().map(BTreeSet::len).collect();
    let mut order: Vec<usize> = (0..drafts.len()).filter(|index| open[*index] == 0).collect();
    let mut next = 0;
    while let Some(index) = order.get(next).copied() {
        next += 1;
        for user in &needed_by[index] {
            open[*user] -= 1;
            if open[*user] == 0 {
                order.push(*user);
            }
        }
    }
    let problems = cycles(drafts, &needs, &open);
    (order, problems)
}

/// One problem for each cycle among the drafts that could not be ordered (`open` is not 0). Each of them needs
/// another of them, so walking on always ends in a cycle.
fn cycles(drafts: &[PromptDraft], needs: &[BTreeSet<usize>], open: &[usize]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen = vec![false; drafts.len()];
    for start in (0..drafts.len()).filter(|index| open[*index] > 0) {
        let mut walk = Vec::new();
        let mut at = start;
        while !seen[at] {
            seen[at] = true;
            walk.push(at);
            match needs[at].iter().find(|need| open[**need] > 0) {
                Some(need) => at = *need,
                None => break,
            }
        }
        if let Some(first) = walk.iter().position(|index| *index == at) {
            let names: Vec<&str> =
                walk[first..].iter().chain([&at]).map(|index| drafts[*index].name.as_str()).collect();
            let message = format!("dependencies form a cycle: {}", names.join(" → "));
            let place = format!("dependencies.{}", names[1]);
            problems
                .push(super::in_file(Problem::new("dependency_cycle", message).at_path(place), &drafts[at]));
        }
    }
    problems
}

/// Finds the versions of a draft's dependencies: in the push first, else the newest one in the registry that lies
/// in the range. `reported` is the number of problems found before; those found here have no file yet.
pub(super) fn closure<'a>(
    draft: &PromptDraft,
    pushed: &BTreeMap<PromptName, Pushed<'a>>,
    registry: &'a Registry,
    reported: usize,
) -> (Closure<'a>, Vec<Problem>) {
    let mut closure = Closure { complete: true, ..Closure::default() };
    let mut problems = Vec::new();
    if draft.document.dependencies.len() > MAX_DEPENDENCIES {
        return (Closure::default(), vec![too_many()]);
    }
    for (name, range) in &draft.document.dependencies {
        let at = |problem: Problem| problem.at_path(format!("dependencies.{name}"));
        let range = match VersionRange::parse(range) {
            Ok(range) => range,
            Err(error) => {
                problems.push(at(Problem::new("semver", error.to_string())));
                continue;
            }
        };
        let Some(found) = find(name, &range, pushed, registry) else {
            let suggest = reported + problems.len() < SUGGESTIONS;
            problems.push(at(not_found(name, &range, pushed, registry, suggest)));
            continue;
        };
        if let Err(problem) = closure.add(draft, name, found, pushed, registry) {
            problems.push(at(*problem));
        }
    }
    if problems.is_empty() {
        let mut known = BTreeMap::new();
        let depth = depth(&draft.document, &closure.documents, &mut known, 0);
        if depth > MAX_DEPTH {
            let message = format!("dependencies are nested deeper than {MAX_DEPTH} prompts");
            problems.push(Problem::new("dependency_depth", message).at_path("dependencies"));
        }
    }
    (closure, problems)
}

fn too_many() -> Problem {
    let message = format!("more than {MAX_DEPENDENCIES} dependencies, those of dependencies included");
    Problem::new("too_many_dependencies", message).at_path("dependencies")
}

/// A version that a dependency stands for.
struct Found<'a> {
    dependency: Option<Dependency>,
    document: Option<&'a Document>,
    dependencies: BTreeMap<PromptName, Dependency>,
}

fn find<'a>(
    name: &PromptName,
    range: &VersionRange,
    pushed: &BTreeMap<PromptName, Pushed<'a>>,
    registry: &'a Registry,
) -> Option<Found<'a>> {
    if let Some(pushed) = pushed.get(name)
        && pushed.version.as_ref().is_none_or(|version| range.matches(version))
    {
        let dependency =
            pushed.version.clone().map(|version| Dependency { version, digest: pushed.digest.clone() });
        return Some(Found {
            dependency,
            document: Some(pushed.document),
            dependencies: pushed.dependencies.clone(),
        });
    }
    let versions = registry.prompts.get(name).map_or(&[][..], Vec::as_slice);
    let matching = versions.iter().filter(|past| !past.archived && range.matches(&past.version));
    if let Some(past) = matching.max_by_key(|past| &past.version) {
        let PastVersion { version, digest, dependencies, .. } = past;
        return Some(Found {
            dependency: Some(Dependency { version: version.clone(), digest: digest.clone() }),
            document: registry.documents.get(digest),
            dependencies: dependencies.clone(),
        });
    }
    None
}

fn not_found(
    name: &PromptName,
    range: &VersionRange,
    pushed: &BTreeMap<PromptName, Pushed<'_>>,
    registry: &Registry,
    suggest: bool,
) -> Problem {
    let versions = registry.prompts.get(name).into_iter().flatten().map(|past| &past.version);
    let newest = versions.chain(pushed.get(name).and_then(|pushed| pushed.version.as_ref())).max();
    if let Some(newest) = newest {
        let message = format!("no version of the dependency `{name}` matches {range}");
        return Problem::new("dependency_not_found", message).hint(format!("the newest version is {newest}"));
    }
    let problem = Problem::new("dependency_not_found", format!("no prompt is named `{name}`"));
    let known = registry.names.iter().chain(pushed.keys()).map(PromptName::as_str);
    match suggest.then(|| nearest(name.as_str(), known)).flatten() {
        Some(nearest) => problem.hint(format!("did you mean `{nearest}`?")),
        None => problem.hint("push it together with this prompt, or before"),
    }
}

impl<'a> Closure<'a> {
    fn add(
        &mut self,
        draft: &PromptDraft,
        name: &PromptName,
        found: Found<'a>,
        pushed: &BTreeMap<PromptName, Pushed<'a>>,
        registry: &'a Registry,
    ) -> Result<(), Box<Problem>> {
        match found.dependency {
            Some(dependency) => self.pin(draft, name, name, dependency)?,
            None => self.complete = false,
        }
        if let Some(document) = found.document {
            self.documents.insert(name.clone(), document);
        }
        for (below, dependency) in found.dependencies {
            let of_push = pushed.get(&below).filter(|pushed| pushed.digest == dependency.digest);
            let document =
                of_push.map(|pushed| pushed.document).or_else(|| registry.documents.get(&dependency.digest));
            if let Some(document) = document {
                self.documents.insert(below.clone(), document);
            }
            self.pin(draft, &below, name, dependency)?;
        }
        Ok(())
    }

    /// All templates of one prompt share one set of includes, so a name stands for one text only.
    fn pin(
        &mut self,
        draft: &PromptDraft,
        name: &PromptName,
        through: &PromptName,
        dependency: Dependency,
    ) -> Result<(), Box<Problem>> {
        if *name == draft.name {
            let message = format!("`{through}` itself depends on `{name}`");
            return Err(Problem::new("dependency_cycle", message).into());
        }
        let is_full = self.dependencies.len() >= MAX_DEPENDENCIES;
        match self.dependencies.entry(name.clone()) {
            Entry::Vacant(_) if is_full => Err(too_many().into()),
            Entry::Vacant(entry) => {
                entry.insert(dependency);
                Ok(())
            }
            Entry::Occupied(entry) if entry.get().digest == dependency.digest => Ok(()),
            Entry::Occupied(entry) => {
                let message = format!(
                    "`{name}` would be needed twice: {} and, through `{through}`, {}",
                    entry.get().version,
                    dependency.version
                );
                Err(Problem::new("dependency_conflict", message)
                    .hint(format!("push `{through}` again, so that it takes the newer `{name}`"))
                    .into())
            }
        }
    }
}

/// The longest chain below a document, cut at one more than is allowed.
fn depth<'a>(
    document: &'a Document,
    documents: &BTreeMap<PromptName, &'a Document>,
    known: &mut BTreeMap<&'a PromptName, usize>,
    above: usize,
) -> usize {
    if above > MAX_DEPTH {
        return 0;
    }
    let mut deepest = 0;
    for name in document.dependencies.keys() {
        let below = match (known.get(name), documents.get(name)) {
            (Some(below), _) => *below,
            (None, Some(document)) => depth(document, documents, known, above + 1),
            (None, None) => 0,
        };
        known.insert(name, below);
        deepest = deepest.max(below + 1);
    }
    deepest
}
