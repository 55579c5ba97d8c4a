//! `audit verify`: names the first entry of a log that is not as it was written, and the first version, document or
//! lock that is not as it was signed.

use std::fs::File;

use promptsync_core::{
    audit::verify::{Known, Verdict},
    signing::RowsVerdict,
};
use serde_json::json;

use super::{
    export, published,
    reading::{self, Judge},
};
use crate::{
    Context, Exit,
    args::AuditVerify,
    error::{CliError, Result},
    printer::clean_line,
    registry::Registry,
};

/// A workspace, judged.
pub(super) struct Judged {
    /// Its log.
    pub(super) log: Verdict,
    /// What was published in it; none where there is only a log.
    pub(super) rows: Option<RowsVerdict>,
}

pub(super) fn run(args: &AuditVerify, context: &Context) -> Result<Exit> {
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
            let log = reading::verify(File::open(path).map_err(failed)?, known).map_err(failed)?;
            vec![Judged { log, rows: None }]
        }
        (None, None) => vec![of_server(known, context)?],
    };
    show(&verdicts, is_pinned, context)?;
    let has_rows = |rows: &Option<RowsVerdict>| rows.as_ref().is_none_or(|rows| rows.finding.is_none());
    let is_good = verdicts.iter().all(|judged| judged.log.finding.is_none() && has_rows(&judged.rows));
    Ok(if is_good { Exit::SUCCESS } else { Exit::from(1) })
}

fn of_server(known: Known, context: &Context) -> Result<Judged> {
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let pin = known.pin.clone();
    let mut judge = Judge::new(known);
    export::pages(&registry, 0, |page| {
        judge.read(page);
        Ok(())
    })?;
    Ok(Judged { log: judge.finish(), rows: Some(published::judge(&registry, pin.as_ref())?) })
}

fn show(verdicts: &[Judged], is_pinned: bool, context: &Context) -> Result {
    if context.printer.json {
        let facts: Vec<_> = verdicts.iter().map(facts).collect();
        return context.printer.json(&facts);
    }
    for Judged { log, rows } in verdicts {
        let Verdict { workspace, entries, records, checkpoints, revision, signed, finding, key } = log;
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
        if let Some(rows) = rows {
            show_rows(&workspace, rows, context)?;
        }
    }
    Ok(())
}

fn show_rows(workspace: &str, rows: &RowsVerdict, context: &Context) -> Result {
    let RowsVerdict { documents, versions, locks, finding, .. } = rows;
    let line = match finding {
        Some(bad) => format!("TAMPERED  workspace {workspace}: {bad}  [{}]", bad.wrong.as_str()),
        None => format!(
            "ok  workspace {workspace}: {versions} versions, {documents} documents and {locks} locks as they were \
             signed"
        ),
    };
    context.printer.line(clean_line(&line))
}

fn facts(judged: &Judged) -> serde_json::Value {
    let Judged { log, rows } = judged;
    let Verdict { workspace, key, entries, records, checkpoints, revision, signed, finding } = log;
    let published = rows.as_ref().map(|rows| {
        let finding = rows.finding.as_ref().map(|bad| {
            json!({
                "class": bad.wrong.as_str(), "project": bad.project, "prompt": bad.prompt, "version": bad.version,
                "message": bad.to_string(),
            })
        });
        json!({
            "ok": finding.is_none(), "versions": rows.versions, "documents": rows.documents, "locks": rows.locks,
            "finding": finding,
        })
    });
    let finding = finding.as_ref().map(|finding| {
        json!({
            "class": finding.class.as_str(), "revision": finding.revision, "since": finding.since,
            "message": finding.to_string(),
        })
    });
    json!({
        "ok": finding.is_none(), "workspace": workspace, "key": key, "entries": entries, "access_records": records,
        "checkpoints": checkpoints, "revision": revision, "signed": signed, "finding": finding,
        "published": published,
    })
}
