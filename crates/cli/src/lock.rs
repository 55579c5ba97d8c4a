//! `promptsync.lock` on disk and in a commit.

use std::path::Path;

use promptsync_core::{lock::Lock, names::PromptName};

use crate::error::{CliError, Result};

/// Reads the lock file.
pub(crate) fn read(path: &Path) -> Result<Lock> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| CliError::file("read", path, &error).hint("write it with `promptsync lock`"))?;
    parse(&text, path)
}

/// Reads the text of a lock file.
pub(crate) fn parse(text: &str, path: &Path) -> Result<Lock> {
    toml::from_str(text).map_err(|error| {
        CliError::usage("lock", format!("{} cannot be read: {}", path.display(), error.message()))
            .hint("write it anew with `promptsync lock`")
    })
}

/// The text of a lock file.
pub(crate) fn print(lock: &Lock) -> Result<String> {
    let body = toml::to_string(lock)
        .map_err(|error| CliError::usage("lock", format!("the lock cannot be written: {error}")))?;
    Ok(format!("# Written by `promptsync lock`. Commit it; do not edit it.\n{body}"))
}

/// The line of the lock file on which a prompt's entry begins.
pub(crate) fn line_of(text: &str, prompt: &PromptName) -> Option<u32> {
    let plain = format!("[prompts.{prompt}]");
    let quoted = format!("[prompts.\"{prompt}\"]");
    let at = text.lines().position(|line| line == plain || line == quoted)?;
    u32::try_from(at + 1).ok()
}
