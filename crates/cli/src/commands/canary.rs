//! `canary`: aliases that send part of their traffic to other versions.

use promptsync_api::splits::{AbortCanary, Canary, Part, PromoteCanary, SetCanary, WantedArm};
use promptsync_core::{names::PromptName, versions::VersionNumber};

use super::alias::{confirmed, show, stale};
use crate::{
    Context,
    args::{CanaryAbort, CanaryCommand, CanaryList, CanaryPromote, CanarySet},
    error::{CliError, Result},
    printer::{Table, count},
    registry::Registry,
};

pub(super) fn run(command: &CanaryCommand, context: &Context) -> Result {
    let project = context.settings.project()?;
    let registry = Registry::connect(&context.settings, &context.printer)?;
    match command {
        CanaryCommand::Set(args) => set(args, project.as_str(), &registry, context),
        CanaryCommand::List(args) => list(args, project.as_str(), &registry, context),
        CanaryCommand::Promote(args) => promote(args, project.as_str(), &registry, context),
        CanaryCommand::Abort(args) => abort(args, project.as_str(), &registry, context),
    }
}

fn set(args: &CanarySet, project: &str, registry: &Registry, context: &Context) -> Result {
    let one = args.version.iter().zip(args.percentage);
    let arms: Vec<WantedArm> = one
        .chain(args.arms.iter().map(|(version, percentage)| (version, *percentage)))
        .map(|(version, percentage)| WantedArm { version: version.clone(), percentage })
        .collect();
    let current = registry.wait(registry.client.alias(project, &args.alias))?;
    let parts: Vec<String> = arms.iter().map(|arm| format!("{}% {}", arm.percentage, arm.version)).collect();
    let what = args.prompt.as_deref().unwrap_or("every prompt");
    let question = format!("Let {} send {} for {what}?", args.alias, parts.join(", "));
    if !confirmed(&args.alias, args.yes, &question, context)? {
        return Ok(());
    }
    let overrides = (!args.overrides.is_empty()).then(|| args.overrides.iter().cloned().collect());
    let body = SetCanary {
        arms,
        prompt: args.prompt.clone(),
        overrides,
        reason: args.reason.clone(),
        ..SetCanary::default()
    };
    let etag = current.etag.as_deref();
    let divided =
        registry.wait(registry.client.set_canary(project, &args.alias, etag, &body)).map_err(stale)?;
    if context.printer.json {
        return context.printer.json(&divided);
    }
    lines(&divided.canaries, context)
}

fn list(args: &CanaryList, project: &str, registry: &Registry, context: &Context) -> Result {
    let canaries = if let Some(alias) = &args.alias {
        registry.wait(registry.client.canaries(project, alias))?
    } else {
        let aliases = registry.wait(registry.client.aliases(project))?;
        aliases.into_iter().flat_map(|alias| alias.canaries).collect()
    };
    if context.printer.json {
        return context.printer.json(&canaries);
    }
    if canaries.is_empty() {
        context.printer.note("No traffic is divided.");
    }
    let mut table = Table::new(&["ALIAS", "PROMPT", "OWN", "PARTS", "BY HAND", "PROMPTS"]);
    for canary in &canaries {
        table.row([
            canary.alias.to_string(),
            canary.prompt.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
            format!("{}% {}", canary.own_percentage, own(canary)),
            parts(&canary.arms),
            canary.overrides.to_string(),
            canary.prompts.len().to_string(),
        ]);
    }
    context.printer.table(&table)
}

fn promote(args: &CanaryPromote, project: &str, registry: &Registry, context: &Context) -> Result {
    let version = args.version.as_deref().map(number).transpose()?;
    let current = registry.wait(registry.client.alias(project, &args.alias))?;
    let question = format!("Give everybody who asks {} the version of the canary?", args.alias);
    if !confirmed(&args.alias, args.yes, &question, context)? {
        return Ok(());
    }
    let body = PromoteCanary { prompt: args.prompt.clone(), version, reason: args.reason.clone() };
    let etag = current.etag.as_deref();
    let moved =
        registry.wait(registry.client.promote_canary(project, &args.alias, etag, &body)).map_err(stale)?;
    show(&moved, Some(&current.value), context)
}

fn abort(args: &CanaryAbort, project: &str, registry: &Registry, context: &Context) -> Result {
    let current = registry.wait(registry.client.alias(project, &args.alias))?;
    let question = format!("Give everybody who asks {} its own version again?", args.alias);
    if !confirmed(&args.alias, args.yes, &question, context)? {
        return Ok(());
    }
    let body = AbortCanary { prompt: args.prompt.clone(), reason: args.reason.clone() };
    let etag = current.etag.as_deref();
    let left =
        registry.wait(registry.client.abort_canary(project, &args.alias, etag, &body)).map_err(stale)?;
    show(&left, Some(&current.value), context)
}

/// One line a division: `production: 10% 2.0.0, 90% 1.0.0`.
pub(super) fn lines(canaries: &[Canary], context: &Context) -> Result {
    for canary in canaries {
        let prompt = canary.prompt.as_ref().map(|prompt| format!(" {prompt}")).unwrap_or_default();
        let (parts, rest, own) = (parts(&canary.arms), canary.own_percentage, own(canary));
        context.printer.line(format!("{}{prompt}: {parts}, {rest}% {own}", canary.alias))?;
        if canary.prompt.is_none() {
            let names: Vec<&str> = canary.prompts.iter().map(PromptName::as_str).collect();
            context.printer.line(format!("  {}", names.join(", ")))?;
        }
        if canary.overrides > 0 {
            context.printer.note(format!("{} by hand", count(canary.overrides, "unit", "units")));
        }
    }
    Ok(())
}

/// The parts of other versions: `10% 2.0.0, 5% 3.0.0`.
pub(super) fn parts(arms: &[Part]) -> String {
    let texts: Vec<String> = arms.iter().map(|arm| format!("{}% {}", arm.percentage, arm.version)).collect();
    texts.join(", ")
}

fn own(canary: &Canary) -> String {
    canary.own.as_ref().map_or_else(|| "as it stands".to_owned(), ToString::to_string)
}

fn number(text: &str) -> Result<VersionNumber> {
    VersionNumber::parse(text).map_err(|error| {
        CliError::usage("semver", error.to_string()).hint("name the whole version, as `canary list` shows it")
    })
}
