//! The release a push makes or names.

use std::collections::BTreeMap;

use super::{PlannedVersion, Registry};
use crate::{
    digest::Digest,
    names::PromptName,
    problem::Problem,
    versions::{Bump, VersionNumber},
};

/// The release of a push.
pub(super) struct Release {
    pub(super) version: VersionNumber,
    pub(super) created: bool,
    pub(super) changes: BTreeMap<PromptName, VersionNumber>,
    pub(super) prompt_count: usize,
}

/// Digest of what a release names, made from that of the release before it and what it changed: the audit log says both,
/// so the entries between two releases prove that nothing else did.
pub fn fingerprint(
    before: Option<&Digest>,
    version: &VersionNumber,
    changes: &BTreeMap<PromptName, VersionNumber>,
) -> Digest {
    let beginning = [before.map_or_else(String::new, Digest::to_string), version.to_string()];
    let changed = changes.iter().map(|(prompt, version)| format!("{prompt}@{version}"));
    let lines: Vec<String> = beginning.into_iter().chain(changed).collect();
    Digest::of(lines.join("\n").as_bytes())
}

/// Composes the release: the newest one with the pushed prompts put in.
pub(super) fn compose(
    wanted: Option<VersionNumber>,
    prompts: &[PlannedVersion],
    registry: &Registry,
) -> Result<Release, Box<Problem>> {
    let newest = registry.release.as_ref();
    let mut changes = BTreeMap::new();
    let mut prompt_count = newest.map_or(0, |newest| newest.prompt_count);
    let mut step = Bump::None;
    for prompt in prompts {
        match newest.and_then(|newest| newest.entries.get(&prompt.name)) {
            Some(before) if *before == prompt.version => continue,
            Some(_) => step = step.max(prompt.bump).max(Bump::Patch),
            None => {
                step = step.max(Bump::Minor);
                prompt_count += 1;
            }
        }
        changes.insert(prompt.name.clone(), prompt.version.clone());
    }
    let release = |version, created| Release { version, created, changes, prompt_count };
    match (wanted, newest) {
        (Some(version), newest) => {
            let is_newest = newest.is_some_and(|newest| newest.version == version);
            let exists = is_newest || registry.has_wanted_release;
            // An older release's manifest is not at hand; when all it would hold exists already, it is the one meant.
            let is_same =
                if is_newest { step == Bump::None } else { prompts.iter().all(|prompt| !prompt.created) };
            if exists && !is_same {
                return Err(Problem::new(
                    "version_exists",
                    format!("release {version} exists and has other content"),
                )
                .at_path("version")
                .hint("choose a version that is free, or none: then push chooses the next one")
                .into());
            }
            Ok(release(version, !exists))
        }
        (None, Some(newest)) if step == Bump::None => Ok(release(newest.version.clone(), false)),
        (None, Some(newest)) => Ok(release(newest.version.bumped(step), true)),
        (None, None) => Ok(release(VersionNumber::first(), !prompts.is_empty())),
    }
}
