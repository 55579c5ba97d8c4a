//! Arguments of `connector` and `secret`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use promptsync_core::connectors::ConnectorKind;

/// What can be done with connectors.
#[derive(Debug, Subcommand)]
pub enum ConnectorCommand {
    /// Create a connector, or change one
    Set(ConnectorSet),
    /// List connectors, without their credentials
    List(ConnectorList),
    /// Remove a connector that no project uses
    Remove(ConnectorName),
    /// Say whether a connector can be used
    Test(ConnectorName),
}

/// Arguments of `connector set`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    promptsync connector set vault --kind vault --at https://vault.example.com --credential-file token\n  \
    promptsync connector set vault --kind vault --at https://vault.example.com --setting mount=kv \\\n    \
    --setting 'auth={\"method\": \"approle\", \"role_id\": \"…\"}' --credential-file secret-id\n  \
    promptsync connector set aws --kind aws --setting region=eu-central-1 --credential-file key.json\n\n\
    The credential is sealed, never shown, and never sent to another URL than the one it was given for.")]
pub struct ConnectorSet {
    /// Its name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// What it leads to: vault, aws, environment or file
    #[arg(long, value_name = "KIND", value_parser = kind)]
    pub kind: ConnectorKind,
    /// Where that is
    #[arg(long, value_name = "URL")]
    pub at: Option<String>,
    /// How it is used; read as JSON when it is an object
    #[arg(long = "setting", value_name = "NAME=VALUE", value_parser = super::pair)]
    pub settings: Vec<(String, String)>,
    /// A file with the credential; `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub credential_file: Option<PathBuf>,
}

/// Arguments of `connector list`.
#[derive(Debug, Args)]
pub struct ConnectorList {}

/// A connector by name.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promptsync connector test vault\n  promptsync connector remove vault")]
pub struct ConnectorName {
    /// Its name
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// What can be done with the secrets of a project.
#[derive(Debug, Subcommand)]
pub enum SecretCommand {
    /// Allow the project's prompts to ask for secrets
    Allow(SecretAllow),
    /// List what the project's prompts may ask for
    List(SecretList),
    /// Allow secrets no more
    Remove(SecretPattern),
}

/// Arguments of `secret allow`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    promptsync secret allow payments/openai#key --connector vault\n  \
    promptsync secret allow 'payments/**' --connector vault")]
pub struct SecretAllow {
    /// Which secrets: `payments/openai#key`, `payments/openai`, `payments/*` or `payments/**`
    #[arg(value_name = "PATTERN")]
    pub pattern: String,
    /// Where they come from
    #[arg(long, value_name = "NAME")]
    pub connector: String,
}

/// Arguments of `secret list`.
#[derive(Debug, Args)]
pub struct SecretList {}

/// A pattern.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  promptsync secret remove 'payments/**'")]
pub struct SecretPattern {
    /// The pattern, as `promptsync secret list` shows it
    #[arg(value_name = "PATTERN")]
    pub pattern: String,
}

fn kind(text: &str) -> Result<ConnectorKind, String> {
    ConnectorKind::parse(text).ok_or_else(|| {
        let known: Vec<_> = ConnectorKind::ALL.iter().map(|kind| kind.as_str()).collect();
        format!("expected one of {}", known.join(", "))
    })
}
