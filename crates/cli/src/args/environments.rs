//! Arguments of `environment`.

use clap::{Args, Subcommand};

/// What can be done with environments.
#[derive(Debug, Subcommand)]
pub enum EnvironmentCommand {
    /// Say what every move of an alias has to keep
    Set(EnvironmentSet),
    /// List the aliases that have a policy
    List,
    /// Take the policy off an alias; the alias stays
    Remove(EnvironmentRemove),
}

/// Arguments of `environment set`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    promptsync environment set production --locked-only\n  \
    promptsync environment set production --locked-only=false")]
pub struct EnvironmentSet {
    /// The alias; it need not exist yet
    #[arg(value_name = "ALIAS")]
    pub alias: String,
    /// Point at locked versions only [default: as it is]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub locked_only: Option<bool>,
}

/// Arguments of `environment remove`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  promptsync environment remove production")]
pub struct EnvironmentRemove {
    /// The alias
    #[arg(value_name = "ALIAS")]
    pub alias: String,
}
