//! Arguments of `verify`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Folder;

/// Arguments of `verify`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    promptsync verify\n  \
    promptsync verify --offline\n  \
    promptsync verify --format json\n\n\
    Each prompt is OK, MODIFIED, UNLOCKED or MISSING; the exit code is 1 when any is not OK.")]
pub struct Verify {
    /// Where the prompt files are.
    #[command(flatten)]
    pub folder: Folder,
    /// The lock file [default: promptsync.lock beside promptsync.toml]
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Compare the files with the lock file alone, without a server
    #[arg(long)]
    pub offline: bool,
    /// How to print the result
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: VerifyFormat,
}

/// How a verification is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum VerifyFormat {
    /// One line a prompt
    #[default]
    Text,
    /// For programs
    Json,
}
