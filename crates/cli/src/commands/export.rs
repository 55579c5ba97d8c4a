//! `version export`: a version that can be verified without any server.

use std::fs;

use promptsync_core::{
    digest::Digest,
    documents,
    names::ProjectName,
    signing::{ExportedVersion, VersionSubject, verify_version},
};

use crate::{
    Context,
    args::VersionExport,
    error::{CliError, Result},
    registry::Registry,
    trust,
};

pub(super) fn run(
    args: &VersionExport,
    project: &ProjectName,
    registry: &Registry,
    context: &Context,
) -> Result {
    let facts = registry.wait(registry.client.version(project.as_str(), &args.prompt, &args.version))?;
    let document = registry.wait(registry.client.document(&facts.digest))?;
    let document = documents::canonical(&document);
    let believed = trust::of_settings(registry, context)?;
    let subject =
        VersionSubject { project: project.as_str(), prompt: &facts.prompt, version: &facts.version };
    let digest = Digest::of(document.as_bytes());
    verify_version(&believed.ring, facts.signature.as_ref(), subject, &digest)?;
    let version = facts.signature.ok_or(promptsync_core::signing::SigningError::Missing)?;
    let exported = ExportedVersion { version, document, keys: believed.keys };
    let Some(path) = &args.output else { return context.printer.json(&exported) };
    let text = serde_json::to_string_pretty(&exported)
        .map_err(|error| CliError::usage("io", format!("cannot write the version as JSON: {error}")))?;
    fs::write(path, text + "\n").map_err(|error| CliError::file("write", path, &error))?;
    if context.printer.json {
        return context.printer.json(&exported.version);
    }
    let (name, number) = (&exported.version.statement.prompt, &exported.version.statement.version);
    context.printer.line(format!("{name} {number} is in {}.", path.display()))?;
    context.printer.note(format!("It is signed under {}.", believed.ring.newest().key));
    Ok(())
}
