//! Arguments of `login`, `logout`, `whoami`, `invite`, `session`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Arguments of `login`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    promptsync login --url https://prompts.example\n  \
    promptsync login --with-token < key.txt\n  \
    promptsync login --email ann@example.com --password-stdin < password.txt\n  \
    promptsync login --invitation psl_… --password-stdin < password.txt\n\n\
    Without options it shows an address and a code: open the address in any browser, sign in, enter the code.\n\
    The sign-in is kept in the system's keyring, or in a file where there is none.")]
pub struct Login {
    /// Keep an API key that is read from standard input
    #[arg(long, conflicts_with_all = ["email", "invitation", "set_up"])]
    pub with_token: bool,
    /// Sign in with this email address and a password
    #[arg(long, value_name = "ADDRESS", requires = "password_stdin")]
    pub email: Option<String>,
    /// Accept an invitation, or set a new password: the token in the link
    // A token is base64url, which may begin with "-".
    #[arg(
        long,
        value_name = "TOKEN",
        allow_hyphen_values = true,
        requires = "password_stdin",
        conflicts_with = "set_up"
    )]
    pub invitation: Option<String>,
    /// Make the first user: the token in the link that `promptsync serve` printed; needs --email
    #[arg(long, value_name = "TOKEN", allow_hyphen_values = true, requires_all = ["password_stdin", "email"])]
    pub set_up: Option<String>,
    /// Read the password from standard input
    #[arg(long)]
    pub password_stdin: bool,
    /// What you are called, when you are new
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// The workspace to work in; your first one when absent
    #[arg(long, value_name = "NAME", requires = "email")]
    pub workspace: Option<String>,
}

/// Arguments of `logout`.
#[derive(Debug, Args)]
pub struct Logout {}

/// Arguments of `whoami`.
#[derive(Debug, Args)]
pub struct WhoAmI {}

/// Arguments of `invite`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    promptsync invite ann@example.com --role editor\n  \
    promptsync invite ann@example.com --role viewer --project shop\n  \
    promptsync invite ann@example.com --new-password\n  \
    promptsync invite olga@example.com --new-password --data-dir ./data\n\n\
    Prints a link that works once: an invitation for 72 hours, a link to a new password for 15 minutes. Hand it over\n\
    yourself; nothing is sent.")]
pub struct InviteArgs {
    /// Whom to invite
    #[arg(value_name = "ADDRESS")]
    pub email: String,
    /// The role they get, in the whole workspace or in --project
    #[arg(long, value_name = "ROLE", required_unless_present = "new_password")]
    pub role: Option<String>,
    /// Instead, let a member who lost their password set a new one
    #[arg(long, conflicts_with = "role")]
    pub new_password: bool,
    /// The server's data folder: make the link to a new password there, without a running server
    #[arg(long, value_name = "DIR", requires = "new_password")]
    pub data_dir: Option<PathBuf>,
    /// The server's database, when it is not in the data folder [env: DATABASE_URL]
    #[arg(long, value_name = "URL", requires = "data_dir")]
    pub database_url: Option<String>,
}

/// What can be done with one's own sessions.
#[derive(Debug, Subcommand)]
pub enum SessionCommand {
    /// List your sessions
    List(SessionList),
    /// End one of your sessions
    End(SessionEnd),
}

/// Arguments of `session list`.
#[derive(Debug, Args)]
pub struct SessionList {}

/// Arguments of `session end`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  promptsync session end 01JD4X2V8Q6T0B3E5R7Y9ZKMNP")]
pub struct SessionEnd {
    /// The session's id, from `promptsync session list`
    #[arg(value_name = "ID")]
    pub id: String,
}
