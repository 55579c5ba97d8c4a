//! Arguments of `version`, `release` and `history`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What can be done with versions.
#[derive(Debug, Subcommand)]
pub enum VersionCommand {
    /// Print the release an alias stands on
    Get(VersionGet),
    /// List the versions of a prompt
    List(VersionList),
    /// Write a version with its signature, to be verified without a server
    Export(VersionExport),
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

/// Arguments of `version export`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    promptsync version export customer_support 1.2.0 -o customer_support.json\n  \
    python3 docs/verify_version.py customer_support.json ed25519:...")]
pub struct VersionExport {
    /// The prompt
    #[arg(value_name = "PROMPT")]
    pub prompt: String,
    /// The version
    #[arg(value_name = "VERSION")]
    pub version: String,
    /// The file to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Arguments of `lock-version`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  promptsync lock-version customer_support 1.2.0 --reason \"audited\"\n\n\
    A locked version cannot be archived or changed in any way, by anybody. There is no unlock.")]
pub struct LockVersion {
    /// The prompt
    #[arg(value_name = "PROMPT")]
    pub prompt: String,
    /// The version, by its whole number
    #[arg(value_name = "VERSION")]
    pub version: String,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
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
