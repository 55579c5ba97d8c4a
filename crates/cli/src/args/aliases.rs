//! Arguments of `alias`.

use clap::{Args, Subcommand};

/// What can be done with aliases.
#[derive(Debug, Subcommand)]
pub enum AliasCommand {
    /// Point an alias at a release, or one prompt of it at a version
    Set(AliasSet),
    /// Show where an alias points, and how it divides its traffic
    Show(AliasShow),
    /// List aliases and where they stand
    List(AliasList),
    /// Show every move of an alias
    History(AliasHistory),
    /// Move an alias back to where it stood before
    Rollback(AliasRollback),
}

/// Arguments of `alias set`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    promptsync alias set stable v1.2.3\n  \
    promptsync alias set production --version $(promptsync version get dev)\n  \
    promptsync alias set production v2 --prompt customer_support --reason \"new tone\"")]
pub struct AliasSet {
    /// The alias; created when new
    #[arg(value_name = "ALIAS")]
    pub alias: String,
    /// A release, or another alias to copy; with --prompt a version of that prompt
    #[arg(value_name = "VERSION", required_unless_present = "version", conflicts_with = "version")]
    pub target: Option<String>,
    /// The same as VERSION
    #[arg(long, value_name = "VERSION")]
    pub version: Option<String>,
    /// Move only this prompt
    #[arg(long, value_name = "PROMPT")]
    pub prompt: Option<String>,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

/// Arguments of `alias show`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  promptsync alias show production")]
pub struct AliasShow {
    /// The alias
    #[arg(value_name = "ALIAS")]
    pub alias: String,
}

/// Arguments of `alias list`.
#[derive(Debug, Args)]
pub struct AliasList {}

/// Arguments of `alias history`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  promptsync alias history production")]
pub struct AliasHistory {
    /// The alias
    #[arg(value_name = "ALIAS")]
    pub alias: String,
}

/// Arguments of `alias rollback`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    promptsync alias rollback production --reason \"wrong tone\"\n  \
    promptsync alias rollback production --to-revision 12")]
pub struct AliasRollback {
    /// The alias
    #[arg(value_name = "ALIAS")]
    pub alias: String,
    /// The revision to go back to [default: the one before]
    #[arg(long, value_name = "REVISION")]
    pub to_revision: Option<i64>,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}
