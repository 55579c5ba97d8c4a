//! Arguments of `keys rotate-signing`.

use clap::Args;

/// Arguments of `keys rotate-signing`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  promptsync keys rotate-signing --reason \"yearly\"\n\n\
    What was signed before stays verifiable. Whoever pinned the old key believes the new one.")]
pub struct KeysRotateSigning {
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}
