//! `backup` and `restore`: a server's data as one encrypted file, and back.

use promptsync_server::backup::{self, BackupError};

use super::serve::{config, failed, runtime};
use crate::{
    Context,
    args::{Backup, Restore},
    error::{CliError, Kind, Result},
};

pub(super) fn backup(args: &Backup, context: &Context) -> Result {
    let config = config([("data_dir", args.data_dir.as_ref().map(|folder| folder.display().to_string()))])?;
    runtime()?.block_on(backup::backup(config, &args.output)).map_err(|error| refused(&error))?;
    context
        .printer
        .note(format!("{} was written; it opens with the master key alone.", args.output.display()));
    Ok(())
}

pub(super) fn restore(args: &Restore, context: &Context) -> Result {
    let config = config([("data_dir", Some(args.data_dir.display().to_string()))])?;
    let wanted =
        backup::Restore { file: &args.file, verify: args.verify, accept_rollback: args.accept_rollback };
    let done = runtime()?.block_on(backup::restore(config, wanted)).map_err(|error| refused(&error))?;
    for pointer in &done.rolled_back {
        context.printer.warn(format!("moved back: {pointer}"));
    }
    if context.printer.json {
        return context.printer.json(&serde_json::json!({
            "created_at": done.created_at, "epoch": done.epoch, "documents": done.documents,
            "entries": done.entries, "rolled_back": done.rolled_back,
        }));
    }
    let checked = if args.verify {
        format!("; {} documents and {} audit entries are right", done.documents, done.entries)
    } else {
        String::new()
    };
    context
        .printer
        .line(format!("The backup of {} was restored, epoch {}{checked}.", done.created_at, done.epoch))
}

fn refused(error: &BackupError) -> CliError {
    let mut failure = failed(error);
    if let BackupError::Rollback { .. } = error {
        failure.kind = Kind::Check;
        "rollback".clone_into(&mut failure.code);
        return failure.hint("look at each; then restore with --accept-rollback");
    }
    failure
}
