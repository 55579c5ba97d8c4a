//! `version`: versions of prompts, and the one an alias stands on.

use promptsync_core::names::PromptName;
use serde::Serialize;

use crate::{
    Context,
    args::{VersionCommand, VersionGet, VersionList},
    error::{CliError, Result},
    printer::{Table, actor, moment},
    registry::Registry,
};

#[derive(Debug, Serialize)]
struct Shown<'a> {
    alias: &'a str,
    prompt: Option<&'a str>,
    version: String,
}

pub(super) fn run(command: &VersionCommand, context: &Context) -> Result {
    let project = context.settings.project()?;
    let registry = Registry::connect(&context.settings, &context.printer)?;
    match command {
        VersionCommand::Get(args) => get(args, project.as_str(), &registry, context),
        VersionCommand::List(args) => list(args, project.as_str(), &registry, context),
        VersionCommand::Export(args) => super::export::run(args, &project, &registry, context),
    }
}

fn get(args: &VersionGet, project: &str, registry: &Registry, context: &Context) -> Result {
    let alias = registry.wait(registry.client.alias(project, &args.alias))?.value;
    let version = match &args.prompt {
        None => alias.release.ok_or_else(|| {
            let message =
                format!("{} does not stand on one release: prompts of it were moved alone", alias.name);
            CliError::not_found("release_not_found", message).hint(
                "name a prompt with --prompt, or move the alias to a release with `promptsync alias set`",
            )
        })?,
        Some(prompt) => {
            let name =
                PromptName::parse(prompt).map_err(|error| CliError::usage("name", error.to_string()))?;
            alias.entries.get(&name).cloned().ok_or_else(|| {
                CliError::not_found("prompt_not_found", format!("{} does not point at `{name}`", alias.name))
            })?
        }
    };
    if context.printer.json {
        let prompt = args.prompt.as_deref();
        return context.printer.json(&Shown { alias: &args.alias, prompt, version: version.to_string() });
    }
    context.printer.line(version.to_string())
}

fn list(args: &VersionList, project: &str, registry: &Registry, context: &Context) -> Result {
    let versions = registry.wait(registry.client.versions(project, &args.prompt))?;
    if context.printer.json {
        return context.printer.json(&versions);
    }
    let mut table = Table::new(&["VERSION", "BUMP", "PUBLISHED", "BY", "COMMIT", "DIGEST", "CHANGE"]);
    for version in &versions {
        let commit = version.git_commit.as_deref().unwrap_or("-");
        let state = match (version.archived, &version.lock) {
            (true, _) => " (archived)",
            (false, Some(_)) => " (locked)",
            (false, None) => "",
        };
        table.row([
            format!("{}{state}", version.version),
            version.bump.as_str().to_owned(),
            moment(&version.created_at),
            actor(&version.author),
            commit.chars().take(7).collect(),
            version.digest.short().to_owned(),
            version.changelog.clone().unwrap_or_else(|| "-".to_owned()),
        ]);
    }
    context.printer.table(&table)
}
