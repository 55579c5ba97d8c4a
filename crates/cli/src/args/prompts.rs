//! Arguments of the commands that read prompts: list, get, render, search.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use super::{Folder, aliases::span, pair};

/// Arguments of `list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promptsync list\n  promptsync list --module support --json")]
pub struct List {
    /// Only prompts of this module
    #[arg(long, value_name = "MODULE")]
    pub module: Option<String>,
}

/// What chooses among the contents of a prompt.
#[derive(Clone, Debug, Default, Args)]
pub struct Chosen {
    /// A tag that chooses a variant; may be given several times
    #[arg(long = "tag", value_name = "NAME=VALUE", value_parser = pair)]
    pub tags: Vec<(String, String)>,
    /// The model, when the prompt has content of its own for it
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// Who it is for, where an alias divides its traffic: the same unit gets the same version
    #[arg(long, value_name = "UNIT")]
    pub unit: Option<String>,
    /// Take exactly the version in promptsync.lock
    #[arg(long)]
    pub locked: bool,
}

/// Arguments of `get`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    promptsync get customer_support@production --tag locale=en --tag tone=formal\n  \
    promptsync get customer_support@v1 --json\n  \
    promptsync get prompts/customer_support.yaml")]
pub struct Get {
    /// A prompt, a prompt and a version or alias (`NAME@production`), or a file
    #[arg(value_name = "PROMPT[@VERSION]|FILE")]
    pub prompt: String,
    /// What chooses among the contents.
    #[command(flatten)]
    pub chosen: Chosen,
    /// Where the prompt files are; then the prompt is read from there.
    #[command(flatten)]
    pub folder: Folder,
}

/// Arguments of `render`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    promptsync render customer_support@production --var customer_name=John --var issue=\"password reset\"\n  \
    promptsync render customer_support@production --unit user-17 --var customer_name=John --var issue=refund\n  \
    promptsync render prompts/customer_support.yaml --var-file values.json\n  \
    promptsync render customer_support --path ./prompts/ --tag tone=formal --var customer_name=John\n\n\
    Rendering happens on this machine, also of prompts that come from a server. Secrets are masks; --reveal-secrets\n\
    puts their values in, from the backend under [secrets] in promptsync.toml, or else by the server.")]
pub struct Render {
    /// A prompt, a prompt and a version or alias (`NAME@production`), or a file
    #[arg(value_name = "PROMPT[@VERSION]|FILE")]
    pub prompt: String,
    /// A value; read as JSON when the variable is declared as a number, boolean, array or object
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = pair)]
    pub vars: Vec<(String, String)>,
    /// A JSON file with values by name; `-` for standard input
    #[arg(long = "var-file", value_name = "FILE")]
    pub var_files: Vec<PathBuf>,
    /// What chooses among the contents.
    #[command(flatten)]
    pub chosen: Chosen,
    /// Where the prompt files are; then the prompt is read from there.
    #[command(flatten)]
    pub folder: Folder,
    /// Print the values of secrets instead of masks
    #[arg(long)]
    pub reveal_secrets: bool,
}

/// Arguments of `watch`.
#[derive(Debug, Args)]
#[command(
    after_help = "It asks as the SDK does: answers come from memory, kept up to date by the server. A line is printed \
whenever another\nversion is served, or from another place.\n\nExamples:\n  \
    promptsync watch customer_support@production\n  \
    promptsync watch customer_support@production --cache ./cache --for 30s"
)]
pub struct Watch {
    /// A prompt and an alias or version
    #[arg(value_name = "PROMPT[@VERSION]")]
    pub prompt: String,
    /// Who it is for, where an alias divides its traffic
    #[arg(long, value_name = "UNIT")]
    pub unit: Option<String>,
    /// A folder to keep what was read in, for starts without the server
    #[arg(long, value_name = "DIR")]
    pub cache: Option<PathBuf>,
    /// A bundle to start with
    #[arg(long, value_name = "FILE")]
    pub bundle: Option<PathBuf>,
    /// How long to wait between two questions
    #[arg(long, value_name = "TIME", value_parser = span, default_value = "10ms")]
    pub every: Duration,
    /// When to end; at Ctrl-C when absent
    #[arg(long = "for", value_name = "TIME", value_parser = span)]
    pub duration: Option<Duration>,
}

/// Arguments of `search`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promptsync search refund\n  promptsync search --tag support greeting")]
pub struct Search {
    /// Words to look for in names, descriptions and contents
    #[arg(value_name = "WORDS")]
    pub query: Vec<String>,
    /// Only prompts with this tag; may be given several times
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
}
