//! `audit verify --data-dir`: the logs in a database and what was published, row by row.

use std::path::Path;

use promptsync_core::audit::verify::Known;

use super::verify::Judged;
use crate::{
    commands::serve::{config, failed, runtime},
    error::{CliError, Result},
};

/// Judges every workspace.
pub(super) fn verify(folder: &Path, database_url: Option<&str>, known: &Known) -> Result<Vec<Judged>> {
    if !folder.is_dir() {
        return Err(CliError::not_found("data_dir", format!("there is no data folder {}", folder.display())));
    }
    let config = config([
        ("data_dir", Some(folder.display().to_string())),
        ("database_url", database_url.map(str::to_owned)),
    ])?;
    if config.database_url.is_none() && !folder.join("promptsync.db").is_file() {
        return Err(CliError::not_found("database", format!("there is no database in {}", folder.display())));
    }
    let verdicts = runtime()?.block_on(promptsync_server::audit::verify_offline(config, known));
    let verdicts = verdicts.map_err(|error| failed(&error))?;
    Ok(verdicts.into_iter().map(|(log, rows)| Judged { log, rows: Some(rows) }).collect())
}
