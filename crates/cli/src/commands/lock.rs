//! `lock`: pins the versions of an alias or release in promptsync.lock.

use std::{collections::BTreeMap, fs};

use promptsync_core::{
    lock::{LOCK_VERSION, Lock, LockedPrompt},
    names::{ProjectName, PromptName},
    signing::{VersionSubject, verify_version},
    versions::VersionNumber,
};

use crate::{
    Context, args,
    error::{CliError, Result},
    printer::count,
    registry::Registry,
    trust,
};

/// The alias that is meant when none is named.
const DEFAULT_ALIAS: &str = "production";

pub(super) fn run(args: &args::Lock, context: &Context) -> Result {
    let project = context.settings.project()?;
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let (source, manifest) = manifest(args.alias.as_deref(), args.version.as_deref(), &project, &registry)?;
    let wanted = manifest.iter().map(|(name, version)| (name.clone(), version.to_string()));
    let trust = trust::of_settings(&registry, context)?;
    let read = registry.read_all(&project, wanted)?;
    for (name, prompt) in &read {
        let subject = VersionSubject { project: project.as_str(), prompt: name, version: &prompt.version };
        verify_version(&trust.ring, prompt.signature.as_ref(), subject, &prompt.digest).map_err(
            |refused| {
                let mut error = CliError::from(refused);
                error.message = format!("{name} {}: {}", prompt.version, error.message);
                error
            },
        )?;
    }
    let prompts: BTreeMap<PromptName, LockedPrompt> = read
        .into_iter()
        .map(|(name, prompt)| (name, LockedPrompt { version: prompt.version, digest: prompt.digest }))
        .collect();
    let lock = Lock {
        lock_version: LOCK_VERSION,
        project: project.to_string(),
        source: Some(source.clone()),
        prompts,
        registry: Some(trust.locked()),
    };
    let path = args.file.clone().unwrap_or_else(|| context.settings.lock_file());
    fs::write(&path, lock.print()).map_err(|error| CliError::file("write", &path, &error))?;
    if context.printer.json {
        return context.printer.json(&lock);
    }
    if trust.reason == trust::Reason::FirstUse {
        context.printer.detail(format!(
            "The registry signs with {}, {}.",
            trust.ring.newest().key,
            trust.reason
        ));
    }
    context.printer.line(format!(
        "Pinned {} of {source} in {}.",
        count(lock.prompts.len(), "prompt", "prompts"),
        path.display()
    ))
}

/// What an alias or release offers, and what to call it.
pub(super) fn manifest(
    alias: Option<&str>,
    version: Option<&str>,
    project: &ProjectName,
    registry: &Registry,
) -> Result<(String, BTreeMap<PromptName, VersionNumber>)> {
    if let Some(version) = version {
        let release = registry.wait(registry.client.release(project.as_str(), version))?;
        return Ok((release.version.to_string(), release.manifest));
    }
    let alias = alias.unwrap_or(DEFAULT_ALIAS);
    let found = registry.wait(registry.client.alias(project.as_str(), alias))?.value;
    Ok((found.name.to_string(), found.entries))
}
