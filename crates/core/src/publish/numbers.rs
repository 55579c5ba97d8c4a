//! Which number a draft gets.

use std::collections::BTreeMap;

use super::{Dependency, PastVersion};
use crate::{
    bumps::{BumpPlan, Reason, Understated, bump},
    digest::Digest,
    interface::Interface,
    names::PromptName,
    problem::Problem,
    versions::{Bump, VersionNumber},
};

/// What a draft would publish.
pub(super) struct Content<'a> {
    pub(super) digest: &'a Digest,
    pub(super) interface: &'a Interface,
    pub(super) dependencies: &'a BTreeMap<PromptName, Dependency>,
}

/// The version asked for, and by whom: that decides the advice when it cannot be had.
#[derive(Clone)]
pub(super) enum Wanted {
    /// By nobody: the smallest honest bump.
    Nothing,
    /// By `version:` in the prompt's file.
    ByFile(VersionNumber),
    /// By the push.
    ByPush(VersionNumber),
}

/// The number a draft gets.
pub(super) struct Numbered {
    pub(super) version: VersionNumber,
    pub(super) previous: Option<VersionNumber>,
    pub(super) plan: BumpPlan,
    pub(super) created: bool,
    pub(super) understated: bool,
    pub(super) warnings: Vec<Problem>,
}

/// Decides the number of a draft from the versions its prompt has had.
pub(super) fn number(
    wanted: Wanted,
    content: &Content<'_>,
    history: &[PastVersion],
    allow_breaking: bool,
) -> Result<Numbered, Box<Problem>> {
    let (version, from_file) = match wanted {
        Wanted::Nothing => return Ok(next(content, history)),
        Wanted::ByFile(version) => (version, true),
        Wanted::ByPush(version) => (version, false),
    };
    if let Some(past) = history.iter().find(|past| past.version == version) {
        if content.is_that_of(past) {
            return Ok(unchanged(past));
        }
        return Err(exists(&version, from_file, &next(content, history).version).into());
    }
    given(version, content, history, allow_breaking)
}

impl Content<'_> {
    fn is_that_of(&self, past: &PastVersion) -> bool {
        *self.digest == past.digest && *self.dependencies == past.dependencies
    }

    /// The honest bump from a version that exists.
    pub(super) fn bump_since(&self, past: &PastVersion) -> BumpPlan {
        let mut plan = bump(&past.interface, self.interface, *self.digest != past.digest);
        if *self.dependencies != past.dependencies && plan.reasons.is_empty() {
            plan.bump = plan.bump.max(Bump::Patch);
            plan.reasons.push(Reason {
                bump: Bump::Patch,
                code: "dependency_changed".into(),
                message: "a dependency has a new version".into(),
            });
        }
        plan
    }
}

/// The smallest honest number after everything there is.
fn next(content: &Content<'_>, history: &[PastVersion]) -> Numbered {
    let Some(newest) = newest(history) else {
        return Numbered {
            version: VersionNumber::first(),
            previous: None,
            plan: BumpPlan { bump: Bump::None, reasons: Vec::new() },
            created: true,
            understated: false,
            warnings: Vec::new(),
        };
    };
    if content.is_that_of(newest) {
        return unchanged(newest);
    }
    let plan = content.bump_since(newest);
    let step = step_for(&newest.version, plan.bump);
    // An archived version may stand where the bump leads, and numbers are used once.
    let highest = history.iter().map(|past| &past.version).max().unwrap_or(&newest.version);
    let mut version = newest.version.bumped(step);
    if version <= *highest {
        version = highest.bumped(step);
    }
    Numbered {
        version,
        previous: Some(newest.version.clone()),
        plan,
        created: true,
        understated: false,
        warnings: Vec::new(),
    }
}

fn unchanged(past: &PastVersion) -> Numbered {
    Numbered {
        version: past.version.clone(),
        previous: Some(past.version.clone()),
        plan: BumpPlan { bump: Bump::None, reasons: Vec::new() },
        created: false,
        understated: false,
        warnings: Vec::new(),
    }
}

/// A number that somebody chose and that is free.
fn given(
    version: VersionNumber,
    content: &Content<'_>,
    history: &[PastVersion],
    allow_breaking: bool,
) -> Result<Numbered, Box<Problem>> {
    let mut warnings = Vec::new();
    if let Some(newest) = newest(history).filter(|newest| newest.version > version) {
        warnings.push(Problem::new(
            "older_version",
            format!("{version} is older than {}; `latest` stays where it is", newest.version),
        ));
    }
    let below = || history.iter().filter(|past| past.version < version);
    let previous = newest(below());
    let plan =
        previous.map_or(BumpPlan { bump: Bump::None, reasons: Vec::new() }, |past| content.bump_since(past));
    let understated = understated(&version, content, below());
    if let Some(understated) = &understated
        && !allow_breaking
    {
        return Err(refused(understated).into());
    }
    Ok(Numbered {
        previous: previous.map(|past| past.version.clone()),
        version,
        plan,
        created: true,
        understated: understated.is_some(),
        warnings,
    })
}

/// Whether the number promises callers of the release before it less than what changes for them. Pre-releases
/// promise nothing, so they are neither held to the one before nor compared with.
fn understated<'a>(
    version: &VersionNumber,
    content: &Content<'_>,
    below: impl Iterator<Item = &'a PastVersion>,
) -> Option<Understated> {
    let released = below.filter(|past| !past.version.is_prerelease());
    let previous = newest(released)?;
    let plan = content.bump_since(previous);
    let step = step_for(&previous.version, plan.bump);
    (version.bump_since(&previous.version) < step).then(|| Understated {
        given: version.clone(),
        previous: previous.version.clone(),
        needed: step,
        reasons: plan.reasons,
    })
}

/// Before 1.0.0 a minor step may break, as in Cargo and npm.
fn step_for(previous: &VersionNumber, bump: Bump) -> Bump {
    if previous.parts().0 == 0 { bump.min(Bump::Minor) } else { bump }
}

/// The highest version in use; the highest of all when every one is archived.
fn newest<'a>(versions: impl IntoIterator<Item = &'a PastVersion>) -> Option<&'a PastVersion> {
    versions.into_iter().max_by_key(|past| (!past.archived, &past.version))
}

fn exists(version: &VersionNumber, from_file: bool, free: &VersionNumber) -> Problem {
    let problem = Problem::new("version_exists", format!("version {version} exists and has other content"));
    if from_file {
        problem
            .at_path("version")
            .hint(format!("remove `version:` from the file and push chooses {free}, or raise it yourself"))
    } else {
        problem.hint(format!("choose a version that is free, or none: then push chooses {free}"))
    }
}

fn refused(understated: &Understated) -> Problem {
    let demanding = understated.reasons.iter().filter(|reason| reason.bump >= understated.needed);
    let reasons: Vec<&str> = demanding.map(|reason| reason.message.as_str()).collect();
    let free = understated.previous.bumped(understated.needed);
    Problem::new("understated_bump", format!("{understated}: {}", reasons.join("; ")))
        .at_path("version")
        .hint(format!("publish it as {free}, or pass --allow-breaking if you may"))
}
