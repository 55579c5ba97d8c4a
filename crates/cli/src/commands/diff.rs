//! `diff`: what differs between files, commits, versions and aliases.

use std::{collections::BTreeMap, path::Path};

use promptsync_api::prompts::ResolvedPrompt;
use promptsync_client::Wish;
use promptsync_core::{
    diffs::{self, Diff, Side},
    documents::Document,
    files,
    interface::Interface,
    names::PromptName,
    versions::VersionNumber,
};

use super::get::say_drawn;
use crate::{
    Context, Exit,
    args::{Diff as Args, DiffFormat},
    error::{CliError, Result},
    git::Repository,
    local::Local,
    registry::{Registry, label},
};

/// One side of a comparison before it is compared.
struct State {
    label: String,
    document: Document,
    interface: Interface,
}

impl State {
    fn side(&self) -> Side<'_> {
        Side { label: self.label.clone(), document: &self.document, interface: &self.interface }
    }
}

/// The prompts of one side.
type States = BTreeMap<PromptName, State>;

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit> {
    let diffs = match args.what.as_slice() {
        [old, new] if is_file(old) && is_file(new) => {
            changed(of_files(Path::new(old), Path::new(new))?).into_iter().collect()
        }
        [name, old, new] => of_versions(name, old, Some(new), args, context)?,
        [name, old] => of_versions(name, old, None, args, context)?,
        [name] => of_sides(Some(name), args, context)?,
        _ => of_sides(None, args, context)?,
    };
    let found = !diffs.is_empty();
    match args.format {
        DiffFormat::Json => context.printer.json(&diffs)?,
        _ if context.printer.json => context.printer.json(&diffs)?,
        DiffFormat::Html => context.printer.text(&diffs::html(&diffs))?,
        DiffFormat::Text if found => context.printer.diffs(&diffs)?,
        DiffFormat::Text => context.printer.note("No difference."),
    }
    Ok(if found && args.exit_code { Exit::from(1) } else { Exit::SUCCESS })
}

fn is_file(text: &str) -> bool {
    files::is_prompt_file(text) && (text.contains('/') || Path::new(text).exists())
}

/// Compares two files, whatever prompts they are named for.
fn of_files(old: &Path, new: &Path) -> Result<Diff> {
    let one = |path: &Path| -> Result<State> {
        let local = Local::one_file(path)?;
        let mut states = states(&local, None)?;
        match (states.len(), states.pop_first()) {
            (1, Some((_, state))) => Ok(State { label: path.display().to_string(), ..state }),
            (count, _) => {
                Err(CliError::usage("ambiguous", format!("{} holds {count} prompts", path.display()))
                    .hint("`diff` of two files compares files with one prompt each"))
            }
        }
    };
    Ok(compare(&one(old)?, &one(new)?))
}

/// Compares two versions of a prompt, or a version with the prompt's file.
fn of_versions(
    name: &str,
    old: &str,
    new: Option<&String>,
    args: &Args,
    context: &Context,
) -> Result<Vec<Diff>> {
    if args.alias.is_some() || args.version.is_some() || args.git_commit.is_some() {
        return Err(CliError::usage("usage", "versions are named twice")
            .hint("name versions after the prompt, or with --alias, --version, --git-commit, not both"));
    }
    let project = context.settings.project()?;
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let name = PromptName::parse(name).map_err(|error| CliError::usage("name", error.to_string()))?;
    let read = |reference: &str| -> Result<State> {
        let whole = Wish { document: true, unit: args.unit.clone(), ..Wish::default() };
        let wanted = registry.client.resolve(project.as_str(), name.as_str(), reference, &whole);
        let prompt = registry.wait(wanted)?;
        say_drawn(&prompt, context);
        state(prompt)
    };
    let old = read(old)?;
    let new = if let Some(new) = new {
        read(new)?
    } else {
        let local = Local::read(&context.settings.prompts(&args.folder))?;
        states(&local, Some(name.as_str()))?.remove(&name).ok_or_else(|| missing(&name))?
    };
    Ok(changed(compare(&old, &new)).into_iter().collect())
}

/// Compares two of: an alias, a release, a commit, the working folder; older first.
fn of_sides(name: Option<&String>, args: &Args, context: &Context) -> Result<Vec<Diff>> {
    let name = name.map(String::as_str);
    let folder = context.settings.prompts(&args.folder);
    let mut sides: Vec<States> = Vec::new();
    if args.alias.is_some() || args.version.is_some() {
        let registry = Registry::connect(&context.settings, &context.printer)?;
        if let Some(alias) = &args.alias {
            sides.push(of_alias(alias, name, &registry, context)?);
        }
        if let Some(version) = &args.version {
            sides.push(of_release(version, name, &registry, context)?);
        }
    }
    if let Some(commit) = &args.git_commit {
        let repository = Repository::find(&context.settings.folder)?;
        let commit = repository.commit(commit)?;
        sides.push(states(&Local::at_commit(&repository, &commit, &folder)?, name)?);
    }
    match sides.len() {
        0 => Err(CliError::usage("usage", "nothing to compare with")
            .hint("pass --alias, --version or --git-commit; or two files; or a prompt and its versions")),
        1 => {
            sides.push(states(&Local::read(&folder)?, name)?);
            pairs(sides, name)
        }
        2 => pairs(sides, name),
        _ => Err(CliError::usage("usage", "three things cannot be compared")
            .hint("pass at most two of --alias, --version and --git-commit")),
    }
}

fn of_alias(alias: &str, name: Option<&str>, registry: &Registry, context: &Context) -> Result<States> {
    let project = context.settings.project()?;
    let found = registry.wait(registry.client.alias(project.as_str(), alias))?.value;
    // By version and not by alias, so that a move in between cannot mix two states.
    of_manifest(found.entries, alias, name, registry, context)
}

fn of_release(version: &str, name: Option<&str>, registry: &Registry, context: &Context) -> Result<States> {
    let project = context.settings.project()?;
    if let Some(name) = name {
        let name = PromptName::parse(name).map_err(|error| CliError::usage("name", error.to_string()))?;
        let found = registry.read_all(&project, [(name, version.to_owned())])?;
        return found.into_iter().map(|(name, prompt)| Ok((name, state(prompt)?))).collect();
    }
    let release = registry.wait(registry.client.release(project.as_str(), version))?;
    let source = format!("release {}", release.version);
    of_manifest(release.manifest, &source, None, registry, context)
}

fn of_manifest(
    manifest: BTreeMap<PromptName, VersionNumber>,
    source: &str,
    name: Option<&str>,
    registry: &Registry,
    context: &Context,
) -> Result<States> {
    let project = context.settings.project()?;
    let wanted = manifest
        .into_iter()
        .filter(|(prompt, _)| name.is_none_or(|name| prompt.as_str() == name))
        .map(|(prompt, version)| (prompt, version.to_string()));
    let found = registry.read_all(&project, wanted)?;
    found
        .into_iter()
        .map(|(name, prompt)| {
            let mut state = state(prompt)?;
            state.label = format!("{} ({source})", state.label);
            Ok((name, state))
        })
        .collect()
}

/// The prompts of this machine, or the one that is named.
fn states(local: &Local, name: Option<&str>) -> Result<States> {
    let drafts = local.drafts.values().filter(|draft| name.is_none_or(|name| draft.name.as_str() == name));
    drafts
        .map(|draft| {
            let compiled = local.compile(draft)?;
            let state = State {
                label: compiled.label,
                document: draft.document.clone(),
                interface: compiled.interface,
            };
            Ok((draft.name.clone(), state))
        })
        .collect()
}

fn state(prompt: ResolvedPrompt) -> Result<State> {
    let label = label(&prompt);
    let document = prompt.document.ok_or_else(|| missing(&prompt.name))?;
    Ok(State { label, document, interface: prompt.interface })
}

/// Compares prompts of the same name; one that a side does not have is compared with nothing.
fn pairs(mut sides: Vec<States>, name: Option<&str>) -> Result<Vec<Diff>> {
    let (Some(mut new), Some(mut old)) = (sides.pop(), sides.pop()) else { return Ok(Vec::new()) };
    let names: std::collections::BTreeSet<PromptName> = old.keys().chain(new.keys()).cloned().collect();
    if let (Some(name), true) = (name, names.is_empty()) {
        return Err(CliError::not_found(
            "prompt_not_found",
            format!("neither side has a prompt named `{name}`"),
        ));
    }
    let diffs = names.iter().filter_map(|name| {
        changed(match (old.remove(name), new.remove(name)) {
            (Some(old), Some(new)) => compare(&old, &new),
            (Some(old), None) => compare(&old, &nothing(&old)),
            (None, Some(new)) => compare(&nothing(&new), &new),
            (None, None) => return None,
        })
    });
    Ok(diffs.collect())
}

/// What stands for a prompt that a side does not have: nothing, of the other side's kind.
fn nothing(other: &State) -> State {
    let document =
        Document { kind: other.document.kind, engine: other.document.engine, ..Document::default() };
    let interface = Interface { kind: other.interface.kind, ..Interface::default() };
    State { label: "(not there)".to_owned(), document, interface }
}

fn compare(old: &State, new: &State) -> Diff {
    diffs::diff(&old.side(), &new.side())
}

/// The comparison, when it found a difference.
fn changed(diff: Diff) -> Option<Diff> {
    let same = diff.fields.is_empty() && diff.changes.is_empty();
    (!same).then_some(diff)
}

fn missing(name: &PromptName) -> CliError {
    CliError::not_found("prompt_not_found", format!("no prompt is named `{name}`"))
}
