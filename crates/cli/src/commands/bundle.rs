//! `bundle`: an alias with everything it serves in one signed file, and `bundle verify`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Read as _,
    path::Path,
};

use promptsync_core::{
    bundle::{self, Bundle, BundleLimits},
    digest::Digest,
    names::AliasName,
    signing::{Pin, PublicKey, verify_snapshot},
    time::Timestamp,
};
use serde::Serialize;

use crate::{
    Context,
    args::{self, BundleCommand, BundleVerify},
    error::{CliError, Result},
    printer::{Table, count, moment},
    registry::{self, Registry},
    trust,
};

/// The alias that is meant when none is named.
const DEFAULT_ALIAS: &str = "production";

/// What a bundle holds, for programs.
#[derive(Debug, Serialize)]
struct Report<'a> {
    file: String,
    project: &'a str,
    public_key: String,
    pinned: bool,
    aliases: BTreeMap<&'a AliasName, Bundled>,
    documents: usize,
    bytes: usize,
}

/// What it holds of an alias.
#[derive(Debug, Serialize)]
struct Bundled {
    revision: i64,
    prompts: usize,
    issued_at: Timestamp,
}

pub(super) fn run(args: &args::Bundle, context: &Context) -> Result {
    match &args.command {
        Some(BundleCommand::Verify(args)) => verify(args, context),
        None => write(args, context),
    }
}

fn write(args: &args::Bundle, context: &Context) -> Result {
    let project = context.settings.project()?;
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let trust = trust::of_settings(&registry, context)?;
    let aliases = if args.alias.is_empty() { &[DEFAULT_ALIAS.to_owned()] } else { args.alias.as_slice() };
    let now = Timestamp::from_timestamp(registry::now(), 0).unwrap_or_default();
    let mut snapshots = Vec::new();
    for alias in aliases.iter().collect::<BTreeSet<_>>() {
        let name = AliasName::parse(alias).map_err(|error| CliError::usage("name", error.to_string()))?;
        let signed = registry.wait(registry.client.snapshot(project.as_str(), name.as_str()))?;
        verify_snapshot(&trust.ring, &signed, project.as_str(), &name, 0, now)?;
        snapshots.push(signed);
    }
    let digests: BTreeSet<Digest> =
        snapshots.iter().flat_map(|signed| signed.statement.digests()).cloned().collect();
    let documents = registry.wait(registry.client.documents(project.as_str(), digests))?;
    let text = bundle::write(project.as_str(), &trust.keys, &snapshots, &documents);
    // What is written was read as any application will read it.
    let read = bundle::read(text.as_bytes(), Some(trust.ring.newest()), &BundleLimits::default())?;
    write_whole(&args.output, text.as_bytes())?;
    show(&read, &args.output, text.len(), trust.reason != trust::Reason::FirstUse, context)
}

fn verify(args: &BundleVerify, context: &Context) -> Result {
    let limits = BundleLimits::default();
    let pin = match (&args.pin, &context.settings.public_key) {
        (Some(text), _) => {
            Some(PublicKey::parse(text).map_err(|error| CliError::usage("public_key", error.to_string()))?)
        }
        (None, pinned) => pinned.as_ref().map(|pinned| pinned.value.clone()),
    };
    let pin = pin.map(|key| Pin { key, sequence: None });
    let failed = |error| CliError::file("read", &args.file, &error);
    let mut bytes = Vec::new();
    let file = fs::File::open(&args.file).map_err(failed)?;
    file.take(limits.bytes as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    let read = bundle::read(&bytes, pin.as_ref(), &limits)?;
    show(&read, &args.file, bytes.len(), pin.is_some(), context)
}

fn show(read: &Bundle, file: &Path, bytes: usize, pinned: bool, context: &Context) -> Result {
    let public_key = read.ring.newest().key.to_string();
    if context.printer.json {
        let bundled = |(alias, signed): (_, &promptsync_core::signing::Signed<_>)| {
            let statement: &promptsync_core::signing::SnapshotStatement = &signed.statement;
            let (revision, issued_at) = (statement.revision, statement.issued_at);
            (alias, Bundled { revision, prompts: statement.entries.len(), issued_at })
        };
        return context.printer.json(&Report {
            file: file.display().to_string(),
            project: &read.project,
            public_key,
            pinned,
            aliases: read.snapshots.iter().map(bundled).collect(),
            documents: read.documents.len(),
            bytes,
        });
    }
    let mut table = Table::new(&["PROJECT", "ALIAS", "PROMPTS", "REVISION", "SIGNED"]);
    for (alias, signed) in &read.snapshots {
        table.row([
            read.project.as_str(),
            alias.as_str(),
            &signed.statement.entries.len().to_string(),
            &signed.statement.revision.to_string(),
            &moment(&signed.statement.issued_at),
        ]);
    }
    context.printer.table(&table)?;
    let trusted = if pinned { "as pinned" } else { "which nothing pins" };
    context.printer.note(format!(
        "{} holds {}, signed with {public_key}, {trusted}.",
        file.display(),
        count(read.documents.len(), "document", "documents"),
    ));
    Ok(())
}

/// Writes a file whole or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> Result {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let written = fs::write(&new, bytes).and_then(|()| fs::rename(&new, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&new);
        CliError::file("write", path, &error)
    })
}
