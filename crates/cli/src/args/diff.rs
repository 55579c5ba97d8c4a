//! Arguments of `diff`.

use clap::{Args, ValueEnum};

use super::Folder;

/// Arguments of `diff`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    promptsync diff old.yaml new.yaml\n  \
    promptsync diff --git-commit HEAD\n  \
    promptsync diff --alias stable\n  \
    promptsync diff --version v1.2.3\n  \
    promptsync diff customer_support v1 v2 --format html > diff.html\n  \
    promptsync diff customer_support --git-commit abc123 --alias stable\n\n\
    The older side comes first: a registry's, then a commit's, then the working folder's.")]
pub struct Diff {
    /// Two files; or a prompt; or a prompt and one or two of its versions
    #[arg(value_name = "FILE|PROMPT|VERSION", num_args = 0..=3)]
    pub what: Vec<String>,
    /// Where the prompt files are.
    #[command(flatten)]
    pub folder: Folder,
    /// Compare with this alias
    #[arg(long, value_name = "ALIAS")]
    pub alias: Option<String>,
    /// Compare with this release, or with this version of the named prompt
    #[arg(long, value_name = "VERSION")]
    pub version: Option<String>,
    /// Compare with the files of this commit
    #[arg(long, value_name = "COMMIT")]
    pub git_commit: Option<String>,
    /// Whose version is compared, where a named alias divides its traffic
    #[arg(long, value_name = "UNIT")]
    pub unit: Option<String>,
    /// How to print the differences
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: DiffFormat,
    /// Exit with 1 when there is a difference
    #[arg(long)]
    pub exit_code: bool,
}

/// How differences are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// Lines with - and +
    #[default]
    Text,
    /// One page that needs nothing else
    Html,
    /// For programs
    Json,
}
