//! Arguments of `audit`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What can be done with the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// List what happened, newest first
    List(AuditList),
    /// Write the whole log with its proofs into a file
    Export(AuditExport),
    /// Check that a log is as it was written; name the first entry that is not
    Verify(AuditVerify),
    /// Remember the newest checkpoint, after proving that it continues the last one
    Witness(AuditWitness),
}

/// Arguments of `audit list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promptsync audit list --action alias --since 2026-11-01T00:00:00Z\n  \
    promptsync audit list --project shop --actor ann --json\n\n\
    Only entries of the --project it is given, of every project when none is.")]
pub struct AuditList {
    /// Who did it: id or name, or `system`
    #[arg(long, value_name = "WHO")]
    pub actor: Option<String>,
    /// What was done: `alias.move`, or `alias` for everything about aliases
    #[arg(long, value_name = "ACTION")]
    pub action: Option<String>,
    /// What it was done to: `alias:production`
    #[arg(long, value_name = "TARGET")]
    pub target: Option<String>,
    /// From this moment on
    #[arg(long, value_name = "MOMENT")]
    pub since: Option<String>,
    /// Until before this moment
    #[arg(long, value_name = "MOMENT")]
    pub until: Option<String>,
    /// How many at most
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    pub limit: usize,
}

/// Arguments of `audit export`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  promptsync audit export -o log.ndjson\n\n\
    The file can be checked anywhere with `promptsync audit verify log.ndjson`, without a server.")]
pub struct AuditExport {
    /// The file to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Begin after this entry
    #[arg(long, value_name = "REVISION", default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..))]
    pub after: i64,
}

/// Arguments of `audit verify`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    promptsync audit verify log.ndjson --public-key ed25519:…\n  \
    promptsync audit verify --data-dir ./data\n\n\
    Without a file the log of the server is checked. Without a key those in the log are believed: enough against\n\
    accidents, not against somebody who can replace the whole log. Exit code 1 when something is wrong.")]
pub struct AuditVerify {
    /// An export
    #[arg(value_name = "FILE", conflicts_with = "data_dir")]
    pub file: Option<PathBuf>,
    /// The key the log has to be signed by, or one that was replaced by it
    #[arg(long, value_name = "KEY", conflicts_with = "trust")]
    pub public_key: Option<String>,
    /// A file with that key
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
    /// Checkpoints that were remembered by `audit witness`
    #[arg(long, value_name = "FILE")]
    pub witness: Option<PathBuf>,
    /// The server's data folder: check the database in it, row by row
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// The server's database, when it is not in the data folder [env: DATABASE_URL]
    #[arg(long, value_name = "URL", requires = "data_dir")]
    pub database_url: Option<String>,
}

/// Arguments of `audit witness`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  promptsync audit witness --file checkpoints.ndjson\n\n\
    Run it from time to time on another machine than the server's. Exit code 1 when the server shows another\n\
    history than before.")]
pub struct AuditWitness {
    /// The file of remembered checkpoints; made when it does not exist
    #[arg(long, value_name = "FILE")]
    pub file: PathBuf,
    /// The key the checkpoints have to be signed by, or one that was replaced by it
    #[arg(long, value_name = "KEY", conflicts_with = "trust")]
    pub public_key: Option<String>,
    /// A file with that key
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
}
