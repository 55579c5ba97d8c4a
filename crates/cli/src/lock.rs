//! `promptsync.lock` on disk.

use std::path::Path;

use promptsync_core::{lock::Lock, problem::Problem};

use crate::error::{CliError, Kind, Located, Result};

/// Reads the lock file.
pub(crate) fn read(path: &Path) -> Result<Lock> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| CliError::file("read", path, &error).hint("write it with `promptsync lock`"))?;
    parse(&text, &path.display().to_string())
}

/// Reads the text of a lock file that people know by this name.
pub(crate) fn parse(text: &str, name: &str) -> Result<Lock> {
    Lock::parse(text).map_err(|error| {
        let problem = Problem::from(&error).in_file(name);
        CliError::new(Kind::Usage, "lock_file", format!("{name} cannot be used"))
            .problems(vec![Located { problem, source: Some(text.to_owned()) }])
    })
}
