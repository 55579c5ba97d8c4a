//! The release a push makes or names.

use std::collections::BTreeMap;

use super::{PlannedVersion, Registry};
use crate::{
    names::PromptName,
    problem::Problem,
    versions::{Bump, VersionNumber},
};

/// The release of a push.
pub(super) struct Release {
    pub(super) version: VersionNumber,
    pub(super) created: bool,
    pub(super) manifest: BTreeMap<PromptName, VersionNumber>,
}

/// Composes the release: the newest one's manifest with the pushed prompts put in.
pub(super) fn compose(
    wanted: Option<VersionNumber>,
    prompts: &[PlannedVersion],
    registry: &Registry,
) -> Result<Release, Box<Problem>> {
    let mut manifest = registry.release.as_ref().map_or_else(BTreeMap::new, |(_, old)| old.clone());
    let mut step = Bump::None;
    for prompt in prompts {
        let before = manifest.insert(prompt.name.clone(), prompt.version.clone());
        step = step.max(match before {
            Some(before) if before == prompt.version => Bump::None,
            Some(_) => prompt.bump.max(Bump::Patch),
            None => Bump::Minor,
        });
    }
    match (wanted, &registry.release) {
        (Some(version), newest) => {
            let is_newest = newest.as_ref().is_some_and(|(number, _)| *number == version);
            let exists = is_newest || registry.releases.contains(&version);
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
            Ok(Release { version, created: !exists, manifest })
        }
        (None, Some((newest, _))) if step == Bump::None => {
            Ok(Release { version: newest.clone(), created: false, manifest })
        }
        (None, Some((newest, _))) => {
            let highest = registry.releases.iter().chain([newest]).max().unwrap_or(newest);
            let mut version = newest.bumped(step);
            if version <= *highest {
                version = highest.bumped(step);
            }
            Ok(Release { version, created: true, manifest })
        }
        (None, None) => {
            Ok(Release { version: VersionNumber::first(), created: !prompts.is_empty(), manifest })
        }
    }
}
