//! Arguments of `version`, `release` and `history`.

use clap::{Args, Subcommand};

/// What can be done with versions.
#[derive(Debug, Subcommand)]
pub enum VersionCommand {
    /// Print the release an alias stands on
    Get(VersionGet),
    /// List the versions of a prompt
    List(VersionList),
}

/// Arguments of `version get`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    promptsync version get dev\n  \
    promptsync alias set production --version $(promptsync version get dev)")]
pub struct VersionGet {
    /// The alias
    #[arg(value_name = "ALIAS")]
    pub alias: String,
    /// Print the version of this prompt that the alias points at
    #[arg(long, value_name = "PROMPT")]
    pub prompt: Option<String>,
}

/// Arguments of `version list`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  promptsync version list customer_support")]
pub struct VersionList {
    /// The prompt
    #[arg(value_name = "PROMPT")]
    pub prompt: String,
}

/// What can be done with releases.
#[derive(Debug, Subcommand)]
pub enum ReleaseCommand {
    /// List the project's releases, newest first
    List,
}

/// Arguments of `history`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promptsync history\n  promptsync history customer_support")]
pub struct History {
    /// Only what concerns this prompt
    #[arg(value_name = "PROMPT")]
    pub prompt: Option<String>,
}
