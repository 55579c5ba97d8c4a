//! Arguments of `bundle`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Arguments of `bundle`.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Example:\n  promptsync bundle --alias production -o prompts.psb"
)]
pub struct Bundle {
    /// `verify`; a bundle is written without it
    #[command(subcommand)]
    pub command: Option<BundleCommand>,
    /// The alias to bundle; may be given several times [default: production]
    #[arg(long, value_name = "ALIAS")]
    pub alias: Vec<String>,
    /// The file to write
    #[arg(short, long, value_name = "FILE", default_value = "prompts.psb")]
    pub output: PathBuf,
}

/// What else can be done with a bundle.
#[derive(Debug, Subcommand)]
pub enum BundleCommand {
    /// Check a bundle without any server: signatures, digests, and that nothing is missing
    Verify(BundleVerify),
}

/// Arguments of `bundle verify`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    promptsync bundle verify prompts.psb --pin ed25519:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")]
pub struct BundleVerify {
    /// The bundle
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// A key of the workspace that has to be among the bundle's [default: `public_key` in promptsync.toml]
    #[arg(long, value_name = "KEY")]
    pub pin: Option<String>,
}
