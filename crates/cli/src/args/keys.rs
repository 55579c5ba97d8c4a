//! Arguments of `keys`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use promptsync_core::access::Role;

/// What can be done with API keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Create a key and print it: it is shown this once
    Create(KeysCreate),
    /// List keys, without their secrets
    List(KeysList),
    /// Revoke a key
    Revoke(KeysRevoke),
}

/// Arguments of `keys create`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    promptsync keys create --data-dir ./data --project shop --role admin\n  \
    promptsync keys create --role viewer --name \"checkout service\"\n\n\
    With --data-dir no server is needed; use it for the first key. A key opens the --project it is given,\n\
    and every project when none is.")]
pub struct KeysCreate {
    /// What the key may do: viewer, editor, approver or admin
    #[arg(long, value_name = "ROLE", value_parser = role)]
    pub role: Role,
    /// What the key is for
    #[arg(long, value_name = "NAME", default_value = "command line")]
    pub name: String,
    /// The server's data folder: create the key there, without a running server
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// The server's database, when it is not in the data folder [env: DATABASE_URL]
    #[arg(long, value_name = "URL", requires = "data_dir")]
    pub database_url: Option<String>,
}

/// Arguments of `keys list`.
#[derive(Debug, Args)]
pub struct KeysList {}

/// Arguments of `keys revoke`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  promptsync keys revoke 01JD4X2V8Q6T0B3E5R7Y9ZKMNP")]
pub struct KeysRevoke {
    /// The key's id, from `promptsync keys list`
    #[arg(value_name = "ID")]
    pub id: String,
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| {
        let known: Vec<_> = Role::ALL.iter().map(|role| role.as_str()).collect();
        format!("expected one of {}", known.join(", "))
    })
}
