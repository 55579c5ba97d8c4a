//! `validate`: checks prompt files, and what code needs against what an alias or version offers.

mod calls;

use std::{collections::BTreeSet, path::Path};

use promptsync_core::{
    compatibility::{self, Mismatch, Needed, Offered, Pinned, Severity},
    documents::digest,
    files::PromptDraft,
    limits::Limits,
    lock::{self, Lock, LockDifference, LockStatus, line_of},
    names::{ProjectName, PromptName},
    problem::Problem,
};
use serde::Serialize;

use self::calls::{Calls, Misfits};
use super::lock::manifest;
use crate::{
    Context,
    args::Validate,
    error::{CliError, Kind, Located, Result},
    git::{Commit, Repository},
    local::{Local, placed},
    printer::count,
    registry::Registry,
};

#[derive(Debug, Serialize)]
struct Done {
    prompts: usize,
    pinned: usize,
    calls: usize,
    files_with_calls: usize,
    against: Option<String>,
    warnings: Vec<Problem>,
}

/// What is validated.
struct Code {
    local: Option<Local>,
    lock: Option<LockText>,
    calls: Calls,
}

/// A lock file, its text, and what people call it.
struct LockText {
    lock: Lock,
    text: String,
    name: String,
}

pub(super) fn run(args: &Validate, context: &Context) -> Result {
    let against_registry = args.alias.is_some() || args.version.is_some();
    let code = read(args, args.lock || against_registry, context)?;
    let mut warnings = code.local.as_ref().map(Local::check).transpose()?.unwrap_or_default();
    let (against, mut mismatches, misfits) = if against_registry {
        let (against, mismatches, misfits) = with_registry(args, &code, context)?;
        (Some(against), mismatches, misfits)
    } else {
        let mismatches = if args.lock { with_lock(&code) } else { Vec::new() };
        let misfits = code.local.as_ref().map(|local| code.calls.against_files(local)).transpose()?;
        (args.lock.then(|| crate::settings::LOCK_FILE.to_owned()), mismatches, misfits.unwrap_or_default())
    };
    mismatches.extend(misfits.errors);
    if !mismatches.is_empty() {
        context.printer.warnings(&misfits.warnings);
        let source = against.unwrap_or_else(|| "the prompt files".to_owned());
        let mut message = format!("{} with {source}", count(mismatches.len(), "mismatch", "mismatches"));
        if !code.calls.sites.is_empty() {
            message = format!("{message} ({} read)", code.calls.summary());
        }
        return Err(CliError::new(Kind::Check, "incompatible", message).problems(mismatches));
    }
    warnings.extend(misfits.warnings);
    report(args, &code, against, warnings, context)
}

/// Says that everything fits.
fn report(
    args: &Validate,
    code: &Code,
    against: Option<String>,
    warnings: Vec<Problem>,
    context: &Context,
) -> Result {
    let prompts = code.local.as_ref().map_or(0, |local| local.drafts.len());
    let pinned = code.lock.as_ref().map_or(0, |lock| lock.lock.prompts.len());
    if context.printer.json {
        let (calls, files_with_calls) = (code.calls.sites.len(), code.calls.files());
        return context.printer.json(&Done { prompts, pinned, calls, files_with_calls, against, warnings });
    }
    context.printer.warnings(&warnings);
    // Who asked for calls is told that there are none.
    let calls = (!args.code.is_empty() || !code.calls.sites.is_empty()).then(|| code.calls.summary());
    let valid = count(prompts, "prompt is", "prompts are");
    let both = |rest: &str| {
        let prompts = count(prompts, "prompt", "prompts");
        let pinned = count(pinned, "pinned version", "pinned versions");
        match rest {
            "" => format!("{prompts} and {pinned}"),
            rest => format!("{prompts}, {pinned} and {rest}"),
        }
    };
    context.printer.line(match (against, calls) {
        (None, None) => format!("{valid} valid."),
        (None, Some(calls)) => format!("{valid} valid, and {calls} fit."),
        (Some(source), calls) => format!("{} fit {source}.", both(&calls.unwrap_or_default())),
    })
}

/// Reads what is validated, on disk or in a commit. An application may have only a lock file or only calls, so with
/// `with_lock` the folder may be missing.
fn read(args: &Validate, with_lock: bool, context: &Context) -> Result<Code> {
    let folder = context.settings.prompts(&args.folder);
    let path = context.settings.lock_file();
    let repository =
        args.git_commit.as_ref().map(|_| Repository::find(&context.settings.folder)).transpose()?;
    let at = match (&repository, &args.git_commit) {
        (Some(repository), Some(name)) => Some((repository, repository.commit(name)?)),
        _ => None,
    };
    let lock = if with_lock { read_lock(&path, at.as_ref())? } else { None };
    let calls = Calls::read(args, at.as_ref(), context)?;
    let may_be_missing = lock.is_some() || (with_lock && !args.lock && !calls.sites.is_empty());
    let local = match &at {
        Some((repository, commit)) => Some(Local::at_commit(repository, commit, &folder)?),
        None if may_be_missing && !folder.is_dir() && args.folder.path.is_none() => None,
        None => Some(Local::read(&folder)?),
    };
    if local.as_ref().is_none_or(|local| local.drafts.is_empty()) && !may_be_missing {
        return Err(CliError::not_found("no_prompts", format!("{} holds no prompt files", folder.display()))
            .hint("name the folder with --path"));
    }
    if args.lock && lock.is_none() {
        return Err(CliError::not_found("lock", format!("there is no {}", path.display()))
            .hint("write it with `promptsync lock`"));
    }
    Ok(Code { local, lock, calls })
}

fn read_lock(path: &Path, at: Option<&(&Repository, Commit)>) -> Result<Option<LockText>> {
    let (text, name) = match at {
        Some((repository, commit)) => {
            let Some(bytes) = repository.file(commit, path, Limits::default().file_bytes)? else {
                return Ok(None);
            };
            (String::from_utf8_lossy(&bytes).into_owned(), format!("{}:{}", commit.short(), path.display()))
        }
        None if !path.exists() => return Ok(None),
        None => {
            let text = std::fs::read_to_string(path).map_err(|error| CliError::file("read", path, &error))?;
            (text, path.display().to_string())
        }
    };
    Ok(Some(LockText { lock: crate::lock::parse(&text, &name)?, text, name }))
}

/// Compares what the code needs with what an alias or release offers.
fn with_registry(args: &Validate, code: &Code, context: &Context) -> Result<(String, Vec<Located>, Misfits)> {
    let project = context.settings.project()?;
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let (source, manifest) = manifest(args.alias.as_deref(), args.version.as_deref(), &project, &registry)?;
    let mut needed = Vec::new();
    for (local, draft) in code.drafts() {
        let interface = local.compile(draft)?.interface;
        needed.push(Needed::of(draft, interface, digest(&draft.document)));
    }
    let pinned = match &code.lock {
        Some(lock) if lock.lock.project != project.as_str() => {
            return Ok((source, vec![lock.of_other_project(&project)], Misfits::default()));
        }
        Some(lock) => Pinned::of(&lock.name, &lock.text, &lock.lock),
        None => Vec::new(),
    };
    let called = code.calls.names();
    let names: BTreeSet<&PromptName> = needed
        .iter()
        .map(|need| &need.name)
        .chain(pinned.iter().map(|pin| &pin.name))
        .chain(&called)
        .collect();
    let wanted = manifest
        .iter()
        .filter(|(name, _)| names.contains(name))
        .map(|(name, version)| (name.clone(), version.to_string()));
    let read = registry.read_all(&project, wanted)?;
    let misfits = code.calls.against_registry(args, &manifest, &read, (&registry, &project))?;
    let offered = read.into_iter().map(|(name, prompt)| {
        (name, Offered { version: prompt.version, digest: prompt.digest, interface: prompt.interface })
    });
    let found = compatibility::check(&needed, &pinned, &offered.collect());
    let (errors, warnings): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|mismatch| mismatch.severity == Severity::Error);
    let warnings: Vec<Problem> = warnings.into_iter().map(|mismatch| code.locate(mismatch).problem).collect();
    context.printer.warnings(&warnings);
    Ok((source, errors.into_iter().map(|mismatch| code.locate(mismatch)).collect(), misfits))
}

/// Compares prompt files with the contents the lock file pins.
fn with_lock(code: &Code) -> Vec<Located> {
    let Some(lock) = &code.lock else { return Vec::new() };
    let drafts: Vec<PromptDraft> = code.drafts().map(|(_, draft)| draft.clone()).collect();
    let at = |name: &PromptName, code: &str, message: String| {
        let line = line_of(&lock.text, name).unwrap_or(1);
        lock.located(Problem::new(code, message), line)
    };
    let differences = lock::check(&lock.lock, &drafts).into_iter();
    differences
        .filter_map(|LockDifference { name, status, locked, .. }| {
            let version = locked.map(|locked| locked.version.to_string()).unwrap_or_default();
            match status {
                LockStatus::Modified => Some(at(
                    &name,
                    "lock_digest",
                    format!("the file of `{name}` is not the pinned {version}"),
                )),
                LockStatus::Unlocked => {
                    let problem =
                        Problem::new("lock_missing", format!("{} does not pin `{name}`", lock.name));
                    let (local, draft) = code.drafts().find(|(_, draft)| draft.name == name)?;
                    Some(local.locate(placed(draft, problem)))
                }
                // An application need not have the files of prompts it reads from the registry.
                LockStatus::Ok | LockStatus::Missing => None,
            }
        })
        .collect()
}

impl Code {
    fn drafts(&self) -> impl Iterator<Item = (&Local, &PromptDraft)> {
        self.local.iter().flat_map(|local| local.drafts.values().map(move |draft| (local, draft)))
    }

    fn locate(&self, mismatch: Mismatch) -> Located {
        let mut problem = Problem::new(&mismatch.code, format!("{}: {}", mismatch.prompt, mismatch.message));
        problem.hint = mismatch.hint;
        match (&self.lock, &self.local) {
            (Some(lock), _) if lock.name == mismatch.file => lock.located(problem, mismatch.line),
            (_, Some(local)) => local.locate(problem.in_file(&mismatch.file).at(mismatch.line, 1)),
            _ => Located::from(problem.in_file(&mismatch.file).at(mismatch.line, 1)),
        }
    }
}

impl LockText {
    fn located(&self, problem: Problem, line: u32) -> Located {
        Located { problem: problem.in_file(&self.name).at(line, 1), source: Some(self.text.clone()) }
    }

    fn of_other_project(&self, project: &ProjectName) -> Located {
        let line = self.text.lines().position(|line| line.starts_with("project")).unwrap_or_default();
        let message = format!("this lock is of the project {}, not of {project}", self.lock.project);
        self.located(Problem::new("project_mismatch", message), u32::try_from(line + 1).unwrap_or(1))
    }
}
