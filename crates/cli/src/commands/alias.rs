//! `alias`: names that point at versions.

use promptsync_api::aliases::{Alias, RollbackAlias, SetAlias};
use promptsync_client::Tagged;

use super::{canary, waiting};
use crate::{
    Context,
    args::{AliasCommand, AliasHistory, AliasRollback, AliasSet},
    error::{CliError, Kind, Result},
    printer::{Table, actor, ask, moment},
    registry::Registry,
};

/// Aliases that applications of many people read: moving them is asked about on a terminal.
const GUARDED: [&str; 2] = ["production", "prod"];

pub(super) fn run(command: &AliasCommand, context: &Context) -> Result {
    let project = context.settings.project()?;
    let registry = Registry::connect(&context.settings, &context.printer)?;
    match command {
        AliasCommand::Set(args) => set(args, project.as_str(), &registry, context),
        AliasCommand::Show(args) => {
            let alias = registry.wait(registry.client.alias(project.as_str(), &args.alias))?.value;
            if context.printer.json { context.printer.json(&alias) } else { whole(&alias, context) }
        }
        AliasCommand::List(_) => {
            let aliases = registry.wait(registry.client.aliases(project.as_str()))?;
            if context.printer.json { context.printer.json(&aliases) } else { list(&aliases, context) }
        }
        AliasCommand::History(args) => history(args, project.as_str(), &registry, context),
        AliasCommand::Rollback(args) => rollback(args, project.as_str(), &registry, context),
    }
}

fn set(args: &AliasSet, project: &str, registry: &Registry, context: &Context) -> Result {
    let version = args.target.as_ref().or(args.version.as_ref());
    let version = version.ok_or_else(|| CliError::usage("usage", "a version is needed"))?.clone();
    let current = current(&args.alias, project, registry)?;
    let what = args.prompt.clone().unwrap_or_else(|| "every prompt".to_owned());
    let question = format!("Point {} at {version} for {what}?", args.alias);
    if !confirmed(&args.alias, args.yes, &question, context)? {
        return Ok(());
    }
    let body = SetAlias { version, prompt: args.prompt.clone(), reason: args.reason.clone() };
    let etag = current.as_ref().and_then(|current| current.etag.as_deref());
    let moved = registry.wait(registry.client.set_alias(project, &args.alias, etag, &body)).map_err(stale)?;
    if !args.wait {
        return show(&moved, current.map(|current| current.value).as_ref(), context);
    }
    if !context.printer.json {
        show(&moved, current.map(|current| current.value).as_ref(), context)?;
    }
    waiting::wait(&moved, args.timeout, project, registry, context)
}

fn rollback(args: &AliasRollback, project: &str, registry: &Registry, context: &Context) -> Result {
    let current = registry.wait(registry.client.alias(project, &args.alias))?;
    let target = args.to_revision.map_or_else(|| "the move before".to_owned(), |to| format!("revision {to}"));
    if !confirmed(&args.alias, args.yes, &format!("Move {} back to {target}?", args.alias), context)? {
        return Ok(());
    }
    let body = RollbackAlias { to_revision: args.to_revision, reason: args.reason.clone() };
    let etag = current.etag.as_deref();
    let moved =
        registry.wait(registry.client.rollback_alias(project, &args.alias, etag, &body)).map_err(stale)?;
    show(&moved, Some(&current.value), context)
}

fn current(alias: &str, project: &str, registry: &Registry) -> Result<Option<Tagged<Alias>>> {
    match registry.wait(registry.client.alias(project, alias)) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.code == "alias_not_found" => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn confirmed(alias: &str, yes: bool, question: &str, context: &Context) -> Result<bool> {
    if yes || !context.printer.can_ask || !GUARDED.contains(&alias) {
        return Ok(true);
    }
    let agreed = ask(question)?;
    if !agreed {
        context.printer.note("Nothing was moved.");
    }
    Ok(agreed)
}

pub(super) fn stale(error: CliError) -> CliError {
    if error.kind == Kind::Check && error.code == "stale" {
        return error.hint(
            "somebody else moved the alias meanwhile: look at `promptsync alias history` and try again",
        );
    }
    error
}

/// Where an alias stands after a move, and what is other than before.
pub(super) fn show(moved: &Alias, before: Option<&Alias>, context: &Context) -> Result {
    if context.printer.json {
        return context.printer.json(moved);
    }
    let stands = moved.release.as_ref().map_or_else(|| "no single release".to_owned(), ToString::to_string);
    let new = if before.is_none() { " (new)" } else { "" };
    context.printer.line(format!("{} stands on {stands}{new}", moved.name))?;
    let empty = std::collections::BTreeMap::new();
    let old = before.map_or(&empty, |before| &before.entries);
    for (prompt, version) in &moved.entries {
        match old.get(prompt) {
            Some(previous) if previous == version => {}
            Some(previous) => context.printer.line(format!("  {prompt} {previous} → {version}"))?,
            None => context.printer.line(format!("  {prompt} {version}"))?,
        }
    }
    for prompt in old.keys().filter(|prompt| !moved.entries.contains_key(*prompt)) {
        context.printer.line(format!("  {prompt} no longer"))?;
    }
    if moved.canaries.is_empty() && before.is_some_and(|before| !before.canaries.is_empty()) {
        context.printer.note(format!("{} does not divide its traffic any more.", moved.name));
    }
    canary::lines(&moved.canaries, context)
}

fn whole(alias: &Alias, context: &Context) -> Result {
    let stands = alias.release.as_ref().map_or_else(|| "no single release".to_owned(), ToString::to_string);
    context.printer.line(format!("{} stands on {stands}", alias.name))?;
    for (prompt, version) in &alias.entries {
        context.printer.line(format!("  {prompt} {version}"))?;
    }
    canary::lines(&alias.canaries, context)?;
    let (by, at) = (actor(&alias.moved_by), moment(&alias.moved_at));
    let why = alias.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    context.printer.note(format!("revision {}, by {by}, {at}{why}", alias.revision));
    Ok(())
}

pub(super) fn list(aliases: &[Alias], context: &Context) -> Result {
    let mut table = Table::new(&["ALIAS", "RELEASE", "PROMPTS", "REVISION", "MOVED", "BY"]);
    for alias in aliases {
        table.row([
            alias.name.to_string(),
            release(alias),
            alias.entries.len().to_string(),
            alias.revision.to_string(),
            moment(&alias.moved_at),
            actor(&alias.moved_by),
        ]);
    }
    context.printer.table(&table)
}

/// The release an alias stands on, and those it shares with.
fn release(alias: &Alias) -> String {
    let own = alias.release.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    let shared = alias.canaries.iter().map(|canary| {
        let prompt = canary.prompt.as_ref().map(|prompt| format!("{prompt} ")).unwrap_or_default();
        format!(", {prompt}{}", canary::parts(&canary.arms))
    });
    std::iter::once(own).chain(shared).collect()
}

fn history(args: &AliasHistory, project: &str, registry: &Registry, context: &Context) -> Result {
    let moves = registry.wait(registry.client.alias_history(project, &args.alias))?;
    if context.printer.json {
        return context.printer.json(&moves);
    }
    let mut table = Table::new(&["REVISION", "ACTION", "RELEASE", "PROMPTS", "MOVED", "BY", "REASON"]);
    for entry in &moves {
        table.row([
            entry.revision.to_string(),
            entry.action.clone(),
            entry.release.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
            entry.entries.len().to_string(),
            moment(&entry.moved_at),
            actor(&entry.moved_by),
            entry.reason.clone().unwrap_or_else(|| "-".to_owned()),
        ]);
    }
    context.printer.table(&table)
}
