//! `audit verify`: names the first entry of a log that is not as it was written.

use std::{fs::File, process::ExitCode};

use promptsync_core::audit::verify::{Known, Verdict};
use serde_json::json;

use super::{
    export,
    reading::{self, Judge},
};
use crate::{
    Context,
    args::AuditVerify,
    error::{CliError, Result},
    printer::clean_line,
    registry::Registry,
};

pub(super) fn run(args: &AuditVerify, context: &Context) -> Result<ExitCode> {
    let known = Known {
        pin: reading::pin(args.public_key.as_deref(), args.trust.as_deref())?,
        witness: args.witness.as_deref().map(reading::checkpoints).transpose()?.unwrap_or_default(),
    };
    let is_pinned = known.pin.is_some();
    let verdicts = match (&args.data_dir, &args.file) {
        (Some(folder), _) => {
            #[cfg(feature = "serve")]
            {
                super::database::verify(folder, args.database_url.as_deref(), &known)?
            }
            #[cfg(not(feature = "serve"))]
            return Err(CliError::usage(
                "not_built",
                format!("this promptsync has no server in it and cannot open {}", folder.display()),
            ));
        }
        (None, Some(path)) => {
            let failed = |error| CliError::file("read", path, &error);
            vec![reading::verify(File::open(path).map_err(failed)?, known).map_err(failed)?]
        }
        (None, None) => vec![of_server(known, context)?],
    };
    show(&verdicts, is_pinned, context)?;
    let is_good = verdicts.iter().all(|verdict| verdict.finding.is_none());
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn of_server(known: Known, context: &Context) -> Result<Verdict> {
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let mut judge = Judge::new(known);
    export::pages(&registry, 0, |page| {
        judge.read(page);
        Ok(())
    })?;
    Ok(judge.finish())
}

fn show(verdicts: &[Verdict], is_pinned: bool, context: &Context) -> Result {
    if context.printer.json {
        let facts: Vec<_> = verdicts.iter().map(facts).collect();
        return context.printer.json(&facts);
    }
    for verdict in verdicts {
        let Verdict { workspace, entries, records, checkpoints, revision, signed, finding, key } = verdict;
        let workspace = clean_line(workspace);
        match finding {
            Some(finding) => {
                let line =
                    format!("TAMPERED  workspace {workspace}: {finding}  [{}]", finding.class.as_str());
                context.printer.line(clean_line(&line))?;
            }
            None => context.printer.line(format!(
                "ok  workspace {workspace}: {entries} entries up to {revision}, {records} access records, \
                 {checkpoints} checkpoints; signed up to entry {signed}"
            ))?,
        }
        if let (false, Some(key), None) = (is_pinned, key, finding) {
            context.printer.note(format!(
                "The key {key} was taken from the log itself; with --public-key nobody can replace both."
            ));
        }
    }
    Ok(())
}

fn facts(verdict: &Verdict) -> serde_json::Value {
    let Verdict { workspace, key, entries, records, checkpoints, revision, signed, finding } = verdict;
    let finding = finding.as_ref().map(|finding| {
        json!({
            "class": finding.class.as_str(), "revision": finding.revision, "since": finding.since,
            "message": finding.to_string(),
        })
    });
    json!({
        "ok": finding.is_none(), "workspace": workspace, "key": key, "entries": entries, "access_records": records,
        "checkpoints": checkpoints, "revision": revision, "signed": signed, "finding": finding,
    })
}
