//! What a push does: every rule between a folder of drafts and new versions.

mod dependencies;
mod drafts;
mod names;
mod numbers;
mod release;

use std::collections::BTreeMap;

use crate::{
    bumps::{BumpPlan, Reason},
    digest::Digest,
    documents::{Document, Kind, canonical},
    files::{Origin, PromptDraft, Unreadable, place_in_file},
    interface::Interface,
    limits::Limits,
    names::{ModulePath, PromptName},
    problem::Problem,
    versions::{Bump, VersionNumber},
};
use dependencies::Pushed;
use drafts::{Ready, Rules};

pub use drafts::Compilations;
pub use release::fingerprint;

/// What somebody wants to publish.
#[derive(Clone, Debug, Default)]
pub struct PushRequest {
    /// The prompts.
    pub drafts: Vec<PromptDraft>,
    /// The version of the release, which every pushed prompt takes too (`push --version`).
    pub version: Option<VersionNumber>,
    /// Whether versions may understate their change. The caller has checked the permission.
    pub allow_breaking: bool,
}

/// What the registry already holds of the project, as far as the push touches it.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    /// Past versions of each prompt that is pushed or depended on. Of one that is pushed without a number of its own
    /// and that nothing depends on, the highest and the highest in use are enough.
    pub prompts: BTreeMap<PromptName, Vec<PastVersion>>,
    /// Documents of dependencies that are not part of the push (and of what they depend on), by digest.
    pub documents: BTreeMap<Digest, Document>,
    /// Names of the project's prompts: those that are the names of the push, whatever their case. All of them when
    /// a dependency is missing, to suggest one.
    pub names: Vec<PromptName>,
    /// The release with the highest number.
    pub release: Option<NewestRelease>,
    /// Whether there is a release of the number that the push asks for.
    pub has_wanted_release: bool,
}

/// The newest release, as far as a push touches it.
#[derive(Clone, Debug, PartialEq)]
pub struct NewestRelease {
    /// Its number.
    pub version: VersionNumber,
    /// How many prompts it names.
    pub prompt_count: usize,
    /// Which version it names of each pushed prompt that it names.
    pub entries: BTreeMap<PromptName, VersionNumber>,
}

/// A version that exists.
#[derive(Clone, Debug, PartialEq)]
pub struct PastVersion {
    /// Its number.
    pub version: VersionNumber,
    /// Its content.
    pub digest: Digest,
    /// What callers depend on.
    pub interface: Interface,
    /// Its dependencies and what those depend on, as they were fixed.
    pub dependencies: BTreeMap<PromptName, Dependency>,
    /// Whether it was taken out of use.
    pub archived: bool,
}

/// A dependency fixed at publish.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Dependency {
    /// Its version.
    pub version: VersionNumber,
    /// Its content.
    pub digest: Digest,
}

/// What a push will write.
#[derive(Clone, Debug)]
pub struct PushPlan {
    /// One entry a pushed prompt, in name order.
    pub prompts: Vec<PlannedVersion>,
    /// The release made, or the existing one when nothing changed.
    pub release: VersionNumber,
    /// Whether the release is new.
    pub release_created: bool,
    /// What a new release names otherwise than the newest one before it; all else is the same. An existing release
    /// keeps the manifest it was made with.
    pub changes: BTreeMap<PromptName, VersionNumber>,
    /// How many prompts a new release names.
    pub prompt_count: usize,
    /// Advice collected from the files and the rules.
    pub warnings: Vec<Problem>,
}

/// One prompt of a push.
#[derive(Clone, Debug)]
pub struct PlannedVersion {
    /// The prompt.
    pub name: PromptName,
    /// Its module.
    pub module: ModulePath,
    /// Text, chat, completion or instruction.
    pub kind: Kind,
    /// The version after the push.
    pub version: VersionNumber,
    /// The newest version before it.
    pub previous: Option<VersionNumber>,
    /// The bump between the two.
    pub bump: Bump,
    /// Why.
    pub reasons: Vec<Reason>,
    /// The content's digest.
    pub digest: Digest,
    /// The content's canonical form.
    pub canonical: String,
    /// What callers depend on.
    pub interface: Interface,
    /// Its dependencies and what those depend on, fixed: the texts its templates may include.
    pub dependencies: BTreeMap<PromptName, Dependency>,
    /// Whether a version is created; otherwise `version` exists already.
    pub created: bool,
    /// Whether an understated version was accepted because the caller may.
    pub understated: bool,
    /// What the author says changed.
    pub changelog: Option<String>,
    /// The commit the file names.
    pub git_commit: Option<String>,
    /// How it was written.
    pub origin: Origin,
    /// Description, from the metadata.
    pub description: Option<String>,
    /// Tags, from the metadata.
    pub tags: Vec<String>,
}

/// Everything wrong with a folder of which some file cannot be read: people want to see all of it at once.
///
/// The readable prompts are held to every rule that needs no registry. That a dependency is missing is no problem
/// here: it may be in an unreadable file, or in the registry.
pub fn problems(folder: Unreadable, limits: &Limits) -> Vec<Problem> {
    let Unreadable { mut problems, readable } = folder;
    let request = PushRequest { drafts: readable, version: None, allow_breaking: true };
    let mut more = plan(&request, &Registry::default(), limits).err().unwrap_or_default();
    more.retain(|one| !may_be_elsewhere(one) && !problems.contains(one));
    problems.extend(more);
    problems
}

/// Whether what is missing in a folder may be in the registry, so that the folder alone cannot be blamed.
pub fn may_be_elsewhere(problem: &Problem) -> bool {
    problem.code == "dependency_not_found"
}

/// Applies every rule: compiles each draft with its dependencies, finds bumps and versions, composes the release.
/// Either the whole plan or every problem of every draft.
pub fn plan(request: &PushRequest, registry: &Registry, limits: &Limits) -> Result<PushPlan, Vec<Problem>> {
    plan_again(request, registry, limits, &mut Compilations::default())
}

/// The same for somebody who made a plan already: what has the same dependencies as then is not compiled again. So a
/// plan can be made ahead, and made again where the registry turned out to be another.
pub fn plan_again(
    request: &PushRequest,
    registry: &Registry,
    limits: &Limits,
    compilations: &mut Compilations,
) -> Result<PushPlan, Vec<Problem>> {
    let PushRequest { drafts, version, allow_breaking } = request;
    let mut problems = names::conflicts(drafts, registry);
    if !problems.is_empty() {
        // Without names that stand for one draft each, nothing below means anything.
        return Err(problems);
    }
    let (order, cycles) = dependencies::order(drafts);
    problems.extend(cycles);

    let rules = Rules { registry, limits, version: version.clone(), allow_breaking: *allow_breaking };
    let mut prompts = Vec::with_capacity(drafts.len());
    let mut pushed = BTreeMap::new();
    let mut warnings = Vec::new();
    for draft in order.into_iter().map(|index| &drafts[index]) {
        let canonical = canonical(&draft.document);
        let digest = Digest::of(canonical.as_bytes());
        let (closure, mut found) = dependencies::closure(draft, &pushed, registry, problems.len());
        if canonical.len() > limits.document_bytes {
            let (bytes, limit) = (canonical.len(), limits.document_bytes);
            let message = format!("the document has {bytes} bytes; the limit is {limit}");
            found.push(Problem::new("document_too_large", message));
        }
        let mut known = Pushed {
            version: None,
            digest: digest.clone(),
            document: &draft.document,
            dependencies: BTreeMap::new(),
        };
        if found.is_empty() {
            let ready = Ready { draft, canonical, digest, closure: &closure };
            match drafts::plan(ready, &rules, compilations) {
                Ok(Some((prompt, advice))) => {
                    known.version = Some(prompt.version.clone());
                    warnings.extend(advice);
                    prompts.push(prompt);
                }
                Ok(None) => {}
                Err(more) => found.extend(more),
            }
        }
        known.dependencies = closure.dependencies;
        pushed.insert(draft.name.clone(), known);
        problems.extend(found.into_iter().map(|problem| in_file(problem, draft)));
    }
    drop(pushed);
    prompts.sort_by(|a, b| a.name.cmp(&b.name));
    let release = match release::compose(rules.version, &prompts, registry) {
        Ok(release) if problems.is_empty() => release,
        Ok(_) => return Err(problems),
        // The release cannot be judged from a part of its prompts.
        Err(_) if !problems.is_empty() => return Err(problems),
        Err(problem) => return Err(vec![*problem]),
    };
    let of_files = drafts.iter().flat_map(|draft| draft.warnings.iter().cloned());
    Ok(PushPlan {
        prompts,
        release: release.version,
        release_created: release.created,
        changes: release.changes,
        prompt_count: release.prompt_count,
        warnings: of_files.chain(warnings).collect(),
    })
}

/// The honest bump from a version that exists to new content, for a comparison without a push.
pub fn bump_between(
    old: &PastVersion,
    digest: &Digest,
    interface: &Interface,
    dependencies: &BTreeMap<PromptName, Dependency>,
) -> BumpPlan {
    numbers::Content { digest, interface, dependencies }.bump_since(old)
}

/// The problem, placed in the draft's file: its line there instead of the line in the field.
fn in_file(mut problem: Problem, draft: &PromptDraft) -> Problem {
    let path = problem.path.as_deref().unwrap_or_default();
    let place = place_in_file(draft, path, problem.line.unwrap_or(1), problem.column.unwrap_or(1));
    (problem.line, problem.column) = (Some(place.0), Some(place.1));
    problem.in_file(&draft.origin.path)
}

#[cfg(test)]
mod tests;
