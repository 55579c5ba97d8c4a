//! Arguments of the commands about the set-up: init, config, doctor, completions.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Folder;

/// Arguments of `init`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  promptsync init\n  promptsync init --project shop --path ./prompts/ --yes"
)]
pub struct Init {
    /// Where the prompt files are.
    #[command(flatten)]
    pub folder: Folder,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

/// What can be done with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print every setting of the command line, or of the server; secrets are masked
    Show(ConfigShow),
}

/// Arguments of `config show`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  promptsync config show --origin\n  promptsync config show --server --origin"
)]
pub struct ConfigShow {
    /// Also print where each setting comes from
    #[arg(long)]
    pub origin: bool,
    /// Print what `promptsync serve` would use here
    #[cfg(feature = "serve")]
    #[arg(long)]
    pub server: bool,
}

/// Arguments of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promptsync doctor\n  promptsync doctor --data-dir ./data")]
pub struct Doctor {
    /// Also check this data folder of a server
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// The server's database, when it is not in the data folder [env: DATABASE_URL]
    #[cfg(feature = "serve")]
    #[arg(long, value_name = "URL", requires = "data_dir")]
    pub database_url: Option<String>,
}

/// Arguments of `status`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promptsync status\n  promptsync status --alias production --json")]
pub struct Status {
    /// Only this alias, and the applications that hold it
    #[arg(long, value_name = "ALIAS")]
    pub alias: Option<String>,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  promptsync completions bash > ~/.local/share/bash-completion/completions/promptsync"
)]
pub struct Completions {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}
