//! `validate`: checks prompt files, and what code needs against what an alias or version offers.

use std::{collections::BTreeMap, path::Path};

use promptsync_core::{
    bumps::bump, documents::digest, interface::Interface, limits::Limits, lock::Lock, names::PromptName,
    problem::Problem, versions::Bump,
};
use serde::Serialize;

use super::lock::manifest;
use crate::{
    Context,
    args::Validate,
    error::{CliError, Kind, Located, Result},
    git::{Commit, Repository},
    local::{Local, placed},
    lock,
    printer::count,
    registry::Registry,
};

#[derive(Debug, Serialize)]
struct Done {
    prompts: usize,
    pinned: usize,
    against: Option<String>,
    warnings: Vec<Problem>,
}

/// What is validated: prompt files, and the lock file with its text and name.
struct Code {
    local: Option<Local>,
    lock: Option<(Lock, String, String)>,
}

pub(super) fn run(args: &Validate, context: &Context) -> Result {
    let against_registry = args.alias.is_some() || args.version.is_some();
    let code = read(args, args.lock || against_registry, context)?;
    let warnings = code.local.as_ref().map(Local::check).transpose()?.unwrap_or_default();
    let (against, mismatches) = if against_registry {
        let (against, mismatches) = with_registry(args, &code, context)?;
        (Some(against), mismatches)
    } else if args.lock {
        (Some(crate::settings::LOCK_FILE.to_owned()), with_lock(&code))
    } else {
        (None, Vec::new())
    };
    if !mismatches.is_empty() {
        let source = against.unwrap_or_default();
        let message = format!("{} with {source}", count(mismatches.len(), "mismatch", "mismatches"));
        return Err(CliError::new(Kind::Check, "incompatible", message).problems(mismatches));
    }
    let prompts = code.local.as_ref().map_or(0, |local| local.drafts.len());
    let pinned = code.lock.as_ref().map_or(0, |(lock, ..)| lock.prompts.len());
    if context.printer.json {
        return context.printer.json(&Done { prompts, pinned, against, warnings });
    }
    context.printer.warnings(&warnings);
    context.printer.line(match against {
        None => format!("{} valid.", count(prompts, "prompt is", "prompts are")),
        Some(source) => format!(
            "{} and {} fit {source}.",
            count(prompts, "prompt", "prompts"),
            count(pinned, "pinned version", "pinned versions")
        ),
    })
}

/// Reads what is validated, on disk or in a commit. An application may have only a lock file, so with
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
    let local = match &at {
        Some((repository, commit)) => Some(Local::at_commit(repository, commit, &folder)?),
        None if lock.is_some() && !folder.is_dir() && args.folder.path.is_none() => None,
        None => Some(Local::read(&folder)?),
    };
    if local.as_ref().is_none_or(|local| local.drafts.is_empty()) && lock.is_none() {
        return Err(CliError::not_found("no_prompts", format!("{} holds no prompt files", folder.display()))
            .hint("name the folder with --path"));
    }
    if args.lock && lock.is_none() {
        return Err(CliError::not_found("lock", format!("there is no {}", path.display()))
            .hint("write it with `promptsync lock`"));
    }
    Ok(Code { local, lock })
}

fn read_lock(path: &Path, at: Option<&(&Repository, Commit)>) -> Result<Option<(Lock, String, String)>> {
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
    Ok(Some((lock::parse(&text, path)?, text, name)))
}

/// Compares what the code needs with what an alias or release offers.
fn with_registry(args: &Validate, code: &Code, context: &Context) -> Result<(String, Vec<Located>)> {
    let project = context.settings.project()?;
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let (source, manifest) = manifest(args.alias.as_deref(), args.version.as_deref(), &project, &registry)?;
    let needed: Vec<&PromptName> = code.needed().collect();
    let wanted = manifest
        .iter()
        .filter(|(name, _)| needed.contains(name))
        .map(|(name, version)| (name.clone(), version.to_string()));
    let offered = registry.read_all(&project, wanted)?;
    let mut mismatches = Vec::new();

    if let Some(local) = &code.local {
        for draft in local.drafts.values() {
            let needs = local.compile(draft)?.interface;
            let found =
                offered.get(&draft.name).map(|prompt| (&prompt.interface, prompt.version.to_string()));
            for problem in compare(&draft.name, &needs, found, &source) {
                mismatches.push(local.locate(placed(draft, problem)));
            }
        }
    }
    if let Some((lock, text, name)) = &code.lock {
        if lock.project != project.as_str() {
            let message = format!("this lock is of the project {}, not of {project}", lock.project);
            let line = text.lines().position(|line| line.starts_with("project")).unwrap_or_default();
            let line = u32::try_from(line + 1).unwrap_or(1);
            let problem = Problem::new("project_mismatch", message).in_file(name).at(line, 1);
            mismatches.push(Located { problem, source: Some(text.clone()) });
        }
        let pinned = lock.prompts.iter().filter(|(name, pin)| manifest.get(*name) != Some(&pin.version));
        let pinned = pinned.map(|(name, pin)| (name.clone(), pin.version.to_string()));
        for (prompt, pinned) in registry.read_all(&project, pinned)? {
            let found = offered.get(&prompt).map(|prompt| (&prompt.interface, prompt.version.to_string()));
            for problem in compare(&prompt, &pinned.interface, found, &source) {
                let line = lock::line_of(text, &prompt).unwrap_or(1);
                let problem = Problem { path: None, ..problem.in_file(name).at(line, 1) };
                mismatches.push(Located { problem, source: Some(text.clone()) });
            }
        }
    }
    Ok((source, mismatches))
}

impl Code {
    /// Every prompt the code names.
    fn needed(&self) -> impl Iterator<Item = &PromptName> {
        let files = self.local.iter().flat_map(|local| local.drafts.keys());
        files.chain(self.lock.iter().flat_map(|(lock, ..)| lock.prompts.keys()))
    }
}

/// Why calls written for one interface would fail with another.
fn compare(
    prompt: &PromptName,
    needs: &Interface,
    offered: Option<(&Interface, String)>,
    source: &str,
) -> Vec<Problem> {
    let Some((offered, version)) = offered else {
        return vec![Problem::new("prompt_not_found", format!("{source} has no prompt `{prompt}`"))];
    };
    let breaking =
        bump(needs, offered, false).reasons.into_iter().filter(|reason| reason.bump == Bump::Major);
    breaking
        .map(|reason| {
            let message = format!("{prompt} {version} of {source}: {}", reason.message);
            let problem = Problem::new(&reason.code, message);
            // Reasons name what they are about between back quotes.
            match reason.message.split('`').nth(1) {
                Some(name) if needs.variables.contains_key(name) => {
                    problem.at_path(format!("variables.{name}"))
                }
                _ => problem,
            }
        })
        .collect()
}

/// Compares prompt files with the contents the lock file pins.
fn with_lock(code: &Code) -> Vec<Located> {
    let (Some(local), Some((lock, text, name))) = (&code.local, &code.lock) else { return Vec::new() };
    let mut lines: BTreeMap<&PromptName, Problem> = BTreeMap::new();
    let mut mismatches = Vec::new();
    for draft in local.drafts.values() {
        match lock.prompts.get(&draft.name) {
            Some(pinned) if digest(&draft.document) == pinned.digest => {}
            Some(pinned) => {
                let message =
                    format!("{} is not the pinned content of {}", local.label(draft), pinned.version);
                lines.insert(&draft.name, Problem::new("lock_mismatch", message));
            }
            None => {
                let message = format!("{name} does not pin `{}`", draft.name);
                mismatches.push(local.locate(placed(draft, Problem::new("lock_missing", message))));
            }
        }
    }
    for (prompt, problem) in lines {
        let line = lock::line_of(text, prompt).unwrap_or(1);
        mismatches.push(Located { problem: problem.in_file(name).at(line, 1), source: Some(text.clone()) });
    }
    mismatches
}
