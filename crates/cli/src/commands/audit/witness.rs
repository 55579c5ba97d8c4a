//! `audit witness`: remembers signed checkpoints apart from the server, so that it cannot show two histories unnoticed.

use std::{fs::OpenOptions, io::Write, path::Path};

use promptsync_core::{
    audit::{
        lines,
        statements::Checkpoint,
        verify::{Class, Known},
    },
    signing::{KeyRing, Pin},
};

use super::{
    export,
    reading::{self, Judge},
};
use crate::{
    Context, Exit,
    args::AuditWitness,
    error::{CliError, Kind, Result},
    registry::Registry,
};

pub(super) fn run(args: &AuditWitness, context: &Context) -> Result<Exit> {
    let remembered = if args.file.exists() { reading::checkpoints(&args.file)? } else { Vec::new() };
    let pin = reading::pin(args.public_key.as_deref(), args.trust.as_deref())?;
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let newest = registry.wait(registry.client.audit_checkpoint())?;
    let keys = registry.wait(registry.client.signing_keys())?;
    let ring = match &pin {
        Some(pin) => KeyRing::new(&keys.keys, pin),
        None => KeyRing::unpinned(&keys.keys),
    };
    let ring = ring.map_err(|error| refused("keys", error.to_string()))?;
    ring.verify(&newest).map_err(|error| refused("signature", format!("the checkpoint: {error}")))?;
    let statement = &newest.statement;
    let Some(last) = remembered.last() else {
        append(&args.file, &newest)?;
        let line = format!(
            "remembered entry {} {}, signed by {}",
            statement.revision, statement.hash, newest.signature.key
        );
        return context.printer.line(line).map(|()| Exit::SUCCESS);
    };
    ring.verify(last).map_err(|error| {
        refused("keys", format!("the keys are not those that signed what was remembered: {error}"))
    })?;
    let (before, now) = (last.statement.revision, statement.revision);
    if now < before {
        let message =
            format!("the server's newest checkpoint is of entry {now}; entry {before} was seen already");
        return Err(refused(Class::RolledBack.as_str(), message));
    }
    if now == before {
        if statement.hash != last.statement.hash {
            let message = format!("entry {now} had the hash {} when it was remembered", last.statement.hash);
            return Err(refused(Class::Fork.as_str(), message));
        }
        return context.printer.line(format!("nothing new since entry {now}")).map(|()| Exit::SUCCESS);
    }
    continues(&registry, last, &newest, pin)?;
    append(&args.file, &newest)?;
    context
        .printer
        .line(format!("remembered entry {now} {}: it continues entry {before}", statement.hash))?;
    Ok(Exit::SUCCESS)
}

/// Proves from the entries in between that the newest checkpoint continues the remembered one.
fn continues(registry: &Registry, last: &Checkpoint, newest: &Checkpoint, pin: Option<Pin>) -> Result {
    let witness = vec![last.clone(), newest.clone()];
    let mut judge = Judge::new(Known { pin, witness });
    export::pages(registry, last.statement.revision, |page| {
        judge.read(page);
        Ok(())
    })?;
    match judge.finish().finding {
        Some(finding) => Err(refused(finding.class.as_str(), finding.to_string())),
        None => Ok(()),
    }
}

fn append(path: &Path, checkpoint: &Checkpoint) -> Result {
    let failed = |error| CliError::file("write", path, &error);
    let mut file = OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
    file.write_all(&lines::checkpoint(checkpoint.clone())).map_err(failed)?;
    file.sync_all().map_err(failed)
}

fn refused(class: &str, message: String) -> CliError {
    CliError::new(Kind::Check, class, message)
        .hint("nothing was remembered; ask the server's operator, and keep the witness file")
}
