//! Arguments of the commands that move folders: push, pull, lock, validate.

use std::path::PathBuf;

use clap::Args;

use super::Folder;

/// Arguments of `push`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    promptsync push --path ./prompts/ --alias dev\n  \
    promptsync push --alias dev --version v1.2.3 --message \"warmer greeting\"\n  \
    promptsync push --dry-run")]
pub struct Push {
    /// Where the prompt files are.
    #[command(flatten)]
    pub folder: Folder,
    /// Point this alias at the result; it is created when new
    #[arg(long, value_name = "ALIAS")]
    pub alias: Option<String>,
    /// The release's version, which every pushed prompt takes too [default: the smallest honest bump]
    #[arg(long, value_name = "VERSION")]
    pub version: Option<String>,
    /// What changed, for the history
    #[arg(short, long, value_name = "TEXT")]
    pub message: Option<String>,
    /// Accept versions that understate their change; needs permission and is written to the audit log
    #[arg(long)]
    pub allow_breaking: bool,
    /// The commit to note: a commit, `none`, or `auto` for HEAD when the folder has no uncommitted change
    #[arg(long, value_name = "COMMIT", default_value = "auto")]
    pub git_commit: String,
    /// Only show the versions, bumps and reasons
    #[arg(short = 'n', long)]
    pub dry_run: bool,
}

/// Arguments of `pull`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    promptsync pull --alias production\n  \
    promptsync pull --version v1.2.3 --path ./prompts/")]
pub struct Pull {
    /// Where to write the prompt files.
    #[command(flatten)]
    pub folder: Folder,
    /// The alias to take the versions from [default: production]
    #[arg(long, value_name = "ALIAS", conflicts_with = "version")]
    pub alias: Option<String>,
    /// The release to take the versions from
    #[arg(long, value_name = "VERSION")]
    pub version: Option<String>,
    /// Overwrite files that differ
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `lock`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    promptsync lock\n  \
    promptsync lock --alias stable\n  \
    promptsync lock --version v1.2.3")]
pub struct Lock {
    /// The alias to pin [default: production]
    #[arg(long, value_name = "ALIAS", conflicts_with = "version")]
    pub alias: Option<String>,
    /// The release to pin
    #[arg(long, value_name = "VERSION")]
    pub version: Option<String>,
    /// The lock file to write [default: promptsync.lock beside promptsync.toml]
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// Arguments of `validate`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    promptsync validate\n  \
    promptsync validate --git-commit HEAD --alias production\n  \
    promptsync validate --git-commit abc123 --version v1.2.3\n  \
    promptsync validate --code src --code scripts/report.py\n  \
    promptsync validate --lock\n\n\
Call sites are read in Python, TypeScript, JavaScript and Rust: `client.get(\"support@production\").format(name=…)`.\n\
A call that names another alias is not judged; one that names a version is compared with that version.")]
pub struct Validate {
    /// Where the prompt files are.
    #[command(flatten)]
    pub folder: Folder,
    /// Check the files of this commit instead of those on disk
    #[arg(long, value_name = "COMMIT")]
    pub git_commit: Option<String>,
    /// Compare with what this alias offers
    #[arg(long, value_name = "ALIAS", conflicts_with = "version")]
    pub alias: Option<String>,
    /// Compare with what this release offers
    #[arg(long, value_name = "VERSION")]
    pub version: Option<String>,
    /// Compare the prompt files with promptsync.lock, without a server
    #[arg(long, conflicts_with_all = ["alias", "version"])]
    pub lock: bool,
    /// Compare the calls in this file, or in the files of this folder that git does not ignore, too; can be repeated
    /// [default: with --alias or --version, the folder of promptsync.toml]. Without --alias and --version they are
    /// compared with the prompt files. Tests are read only when they are named
    #[arg(long, value_name = "PATH")]
    pub code: Vec<PathBuf>,
    /// Read no source files
    #[arg(long, conflicts_with = "code")]
    pub no_code: bool,
}
