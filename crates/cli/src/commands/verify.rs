//! `verify`: files against the lock file, and the lock file against what the registry's workspace signed.

use std::fs;

use promptsync_api::versions::VersionSummary;
use promptsync_core::{
    digest::Digest,
    files::PromptDraft,
    lock::{self, Lock, LockDifference, LockStatus, LockedPrompt},
    names::{ProjectName, PromptName},
    problem::Problem,
    signing::{SigningError, VersionSubject, verify_version},
    versions::VersionNumber,
};
use serde::Serialize;

use crate::{
    Context, Exit,
    args::{Verify, VerifyFormat},
    error::{CliError, Result},
    local::Local,
    printer::Table,
    registry::Registry,
    trust::{self, Trust},
};

/// Everything that was found.
#[derive(Debug, Serialize)]
struct Report {
    ok: bool,
    /// Absent without a server.
    trust: Option<Believed>,
    prompts: Vec<Verified>,
}

/// The key that is believed.
#[derive(Debug, Serialize)]
struct Believed {
    public_key: String,
    reason: trust::Reason,
}

/// One prompt.
#[derive(Debug, Serialize)]
struct Verified {
    name: PromptName,
    status: LockStatus,
    version: Option<VersionNumber>,
    digest: Option<Digest>,
    /// The digest of the file's content.
    found: Option<Digest>,
    /// What is wrong, when something is.
    problem: Option<Problem>,
}

pub(super) fn run(args: &Verify, context: &Context) -> Result<Exit> {
    let path = args.file.clone().unwrap_or_else(|| context.settings.lock_file());
    let mut lock = crate::lock::read(&path)?;
    let folder = context.settings.prompts(&args.folder);
    // An application may have a lock file and no prompt files: then there is only the registry to ask.
    let local = if folder.is_dir() || args.folder.path.is_some() || args.offline {
        Some(Local::read(&folder)?)
    } else {
        None
    };
    let mut prompts = with_files(&lock, local.as_ref());
    let mut trust = None;
    if !args.offline {
        let project = context.settings.project()?;
        let registry = Registry::connect(&context.settings, &context.printer)?;
        let believed = trust::find(&registry, &context.settings, Some(&lock))?;
        with_registry(&mut prompts, &lock, &project, &registry, &believed)?;
        if lock.registry.is_none() {
            lock.registry = Some(believed.locked());
            fs::write(&path, lock.print()).map_err(|error| CliError::file("write", &path, &error))?;
        }
        let recorded = if believed.reason == trust::Reason::FirstUse {
            format!(" and recorded in {}", path.display())
        } else {
            String::new()
        };
        let key = believed.ring.newest().key.to_string();
        context.printer.note(format!("The registry signs with {key}, {}{recorded}.", believed.reason));
        trust = Some(Believed { public_key: key, reason: believed.reason });
    }
    let ok = prompts.iter().all(|verified| verified.status == LockStatus::Ok);
    let report = Report { ok, trust, prompts };
    if context.printer.json || args.format == VerifyFormat::Json {
        context.printer.json(&report)?;
    } else {
        show(&report, context)?;
    }
    Ok(if ok { Exit::SUCCESS } else { Exit::from(1) })
}

/// Compares the files with the lock file; without files everything is as the lock file says.
fn with_files(lock: &Lock, local: Option<&Local>) -> Vec<Verified> {
    let Some(local) = local else {
        let pinned = |(name, locked): (&PromptName, &LockedPrompt)| Verified {
            name: name.clone(),
            status: LockStatus::Ok,
            version: Some(locked.version.clone()),
            digest: Some(locked.digest.clone()),
            found: None,
            problem: None,
        };
        return lock.prompts.iter().map(pinned).collect();
    };
    let drafts: Vec<PromptDraft> = local.drafts.values().cloned().collect();
    lock::check(lock, &drafts).into_iter().map(Verified::from).collect()
}

/// Compares what the lock file pins with what the registry has, and that with what the workspace signed.
fn with_registry(
    prompts: &mut [Verified],
    lock: &Lock,
    project: &ProjectName,
    registry: &Registry,
    trust: &Trust,
) -> Result {
    let wanted = lock.prompts.iter().map(|(name, locked)| (name.clone(), locked.version.to_string()));
    let mut found = registry.versions(project, wanted)?;
    for verified in prompts {
        let Some(locked) = lock.prompts.get(&verified.name) else { continue };
        let Some(problem) = differs(&verified.name, locked, found.remove(&verified.name), project, trust)
        else {
            continue;
        };
        if verified.status == LockStatus::Ok {
            let gone = problem.code == GONE;
            verified.status = if gone { LockStatus::Missing } else { LockStatus::Modified };
            verified.problem = Some(problem);
        }
    }
    Ok(())
}

const GONE: &str = "version_not_found";

fn differs(
    name: &PromptName,
    locked: &LockedPrompt,
    found: Option<VersionSummary>,
    project: &ProjectName,
    trust: &Trust,
) -> Option<Problem> {
    let Some(found) = found else { return Some(Problem::new(GONE, "the registry has no such version")) };
    if found.digest != locked.digest {
        let refused =
            SigningError::OtherContent { expected: locked.digest.clone(), found: found.digest.clone() };
        return Some(Problem::new(refused.code(), "the registry has other content under this version"));
    }
    let subject = VersionSubject { project: project.as_str(), prompt: name, version: &locked.version };
    verify_version(&trust.ring, found.signature.as_ref(), subject, &locked.digest)
        .err()
        .map(|refused| Problem::from(&refused))
}

fn show(report: &Report, context: &Context) -> Result {
    let mut table = Table::new(&["STATUS", "PROMPT", "VERSION", "WHY"]);
    for verified in &report.prompts {
        table.row([
            word(verified.status),
            verified.name.as_str(),
            &verified.version.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
            verified.problem.as_ref().map_or("-", |problem| problem.message.as_str()),
        ]);
    }
    context.printer.table(&table)
}

fn word(status: LockStatus) -> &'static str {
    match status {
        LockStatus::Ok => "OK",
        LockStatus::Modified => "MODIFIED",
        LockStatus::Missing => "MISSING",
        LockStatus::Unlocked => "UNLOCKED",
    }
}

impl From<LockDifference> for Verified {
    fn from(difference: LockDifference) -> Self {
        let problem = match difference.status {
            LockStatus::Ok => None,
            LockStatus::Modified => Some(("lock_digest", "the file is not what the lock file pins")),
            LockStatus::Missing => Some(("lock_missing", "there is no such file")),
            LockStatus::Unlocked => Some(("lock_missing", "the lock file does not pin it")),
        };
        let (version, digest) = difference.locked.map(|locked| (locked.version, locked.digest)).unzip();
        Self {
            name: difference.name,
            status: difference.status,
            version,
            digest,
            found: difference.found,
            problem: problem.map(|(code, message)| Problem::new(code, message)),
        }
    }
}
