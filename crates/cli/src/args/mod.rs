//! What can be typed: one struct a command. The help texts here are the reference.

mod aliases;
mod audit;
mod bundle;
mod connectors;
mod diff;
mod edge;
mod environments;
mod keys;
mod project;
mod prompts;
mod push;
mod serve;
mod sign_in;
mod signing_keys;
mod splits;
mod verify;
mod versions;
mod workspaces;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use self::{
    aliases::{AliasCommand, AliasHistory, AliasList, AliasRollback, AliasSet, AliasShow},
    audit::{AuditCommand, AuditExport, AuditList, AuditVerify, AuditWitness},
    bundle::{Bundle, BundleCommand, BundleVerify},
    connectors::{
        ConnectorCommand, ConnectorList, ConnectorName, ConnectorSet, SecretAllow, SecretCommand, SecretList,
        SecretPattern,
    },
    diff::{Diff, DiffFormat},
    edge::Edge,
    environments::{EnvironmentCommand, EnvironmentRemove, EnvironmentSet},
    keys::{KeysCommand, KeysCreate, KeysList, KeysRevoke, KeysRotate, KeysRotateMaster, When},
    project::{Completions, ConfigCommand, ConfigShow, Doctor, Init, Status},
    prompts::{Chosen, Get, List, Render, Search, Watch},
    push::{Lock, Pull, Push, Validate},
    serve::{Backup, Restore, Serve},
    sign_in::{InviteArgs, Login, Logout, SessionCommand, SessionEnd, SessionList, WhoAmI},
    signing_keys::KeysRotateSigning,
    splits::{CanaryAbort, CanaryCommand, CanaryList, CanaryPromote, CanarySet},
    verify::{Verify, VerifyFormat},
    versions::{
        History, LockVersion, ReleaseCommand, VersionCommand, VersionExport, VersionGet, VersionList,
    },
    workspaces::{
        MemberCommand, Offline, Person, RoleCommand, RoleCreate, RoleEdit, RoleGive, RoleName, RoleTake,
        Team, TeamCommand, TeamMember, WorkspaceCommand, WorkspaceCreate, WorkspaceList, WorkspaceRename,
    },
};

/// Versioned prompts for your applications: kept as files, served by alias.
#[derive(Debug, Parser)]
#[command(
    name = "promptsync",
    version,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = "Exit codes: 0 done · 1 a check failed or a difference was found · 2 usage or configuration ·\n\
                  3 not found · 4 not allowed · 5 network or server · 130 interrupted"
)]
pub struct Cli {
    /// What applies to every command.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// What applies to every command.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The project [env: PROMPTSYNC_PROJECT]; otherwise from promptsync.toml, pyproject.toml or the git remote
    #[arg(long, global = true, value_name = "NAME")]
    pub project: Option<String>,
    /// The server [env: PROMPTSYNC_URL]; its key comes from PROMPTSYNC_API_KEY, PROMPTSYNC_API_KEY_FILE or `promptsync login`
    #[arg(long, global = true, value_name = "URL")]
    pub url: Option<String>,
    /// Print results as JSON, and errors as JSON on stderr
    #[arg(long, global = true)]
    pub json: bool,
    /// Print results only, no notes
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print more of what is done
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// When to use colour: auto (on a terminal, unless NO_COLOR is set), always or never
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        hide_possible_values = true
    )]
    pub color: Color,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Set up a project: find the prompts, write promptsync.toml
    Init(Init),
    /// Publish a folder of prompts: all of it or nothing
    Push(Push),
    /// Write the prompts of an alias or release into a folder
    Pull(Pull),
    /// List the project's prompts
    List(List),
    /// Print a prompt as it is stored
    Get(Get),
    /// Fill a prompt with values and print it
    Render(Render),
    /// Ask for a prompt as applications do, and say where it comes from
    Watch(Watch),
    /// Show what differs between files, commits, versions and aliases
    Diff(Diff),
    /// Check prompt files, and what code needs against what an alias or version offers
    Validate(Validate),
    /// Pin the versions of an alias or release in promptsync.lock
    Lock(Lock),
    /// Write an alias with everything it serves into one signed file
    Bundle(Bundle),
    /// Check prompt files against the lock file and the registry's signatures
    Verify(Verify),
    /// Lock a version: nobody can archive or change it any more
    LockVersion(LockVersion),
    /// Rules for aliases: what every move has to keep
    #[command(subcommand)]
    Environment(EnvironmentCommand),
    /// Point names such as `production` at versions
    #[command(subcommand)]
    Alias(AliasCommand),
    /// Try a version on part of the traffic of an alias
    #[command(subcommand)]
    Canary(CanaryCommand),
    /// Numbered states of the whole project
    #[command(subcommand)]
    Release(ReleaseCommand),
    /// Versions of prompts, and the version an alias stands on
    #[command(subcommand)]
    Version(VersionCommand),
    /// Show what changed, by whom and when
    History(History),
    /// The audit log: list it, export it, prove that it was not changed
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Find prompts by words or tags
    Search(Search),
    /// Show where the aliases stand, and which applications run on what
    Status(Status),
    /// Show the configuration and where it comes from
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Check that everything is set up, and say what is not
    Doctor(Doctor),
    /// Sign in to a server
    Login(Login),
    /// Sign out of a server
    Logout(Logout),
    /// Show who the server takes you for, and what you may do
    #[command(name = "whoami")]
    WhoAmI(WhoAmI),
    /// Your sessions on all devices
    #[command(subcommand)]
    Session(SessionCommand),
    /// Make a link with which somebody joins, or sets a new password
    Invite(InviteArgs),
    /// API keys
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Workspaces: nothing is shared between two of them
    #[command(subcommand)]
    Workspace(WorkspaceCommand),
    /// Who belongs to the workspace
    #[command(subcommand)]
    Member(MemberCommand),
    /// Members who are given roles together
    #[command(subcommand)]
    Team(TeamCommand),
    /// Roles, and who was given them
    #[command(subcommand)]
    Role(RoleCommand),
    /// Other systems that secrets come from
    #[command(subcommand)]
    Connector(ConnectorCommand),
    /// Which secrets the project's prompts may ask for
    #[command(subcommand)]
    Secret(SecretCommand),
    /// Run the server
    #[cfg(feature = "serve")]
    Serve(Serve),
    /// Run a read-only relay of a server, near the applications
    #[cfg(feature = "serve")]
    Edge(Edge),
    /// Write an encrypted backup of a server's data
    #[cfg(feature = "serve")]
    Backup(Backup),
    /// Put a backup into a data folder
    #[cfg(feature = "serve")]
    Restore(Restore),
    /// Print completions for a shell
    Completions(Completions),
}

/// Where the prompt files are.
#[derive(Clone, Debug, Default, Args)]
pub struct Folder {
    /// The folder of prompts [default: `path` in promptsync.toml, else ./prompts]
    #[arg(long, value_name = "DIR")]
    pub path: Option<PathBuf>,
}

/// Reads `key=value`.
fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}
