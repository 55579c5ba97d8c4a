//! One file a command, or a noun's commands together.

mod alias;
mod audit;
#[cfg(feature = "serve")]
mod backup;
mod bundle;
mod canary;
mod completions;
mod config;
mod connector;
mod diff;
mod doctor;
#[cfg(feature = "serve")]
mod edge;
mod environment;
mod export;
mod get;
mod history;
mod init;
mod invite;
mod keys;
mod list;
mod lock;
mod lock_version;
mod login;
mod logout;
mod members;
mod pull;
mod push;
mod release;
mod render;
mod roles;
mod search;
mod secret;
#[cfg(feature = "serve")]
mod serve;
mod session;
mod signing_keys;
mod status;
mod validate;
mod verify;
mod version;
mod waiting;
mod watch;
mod whoami;
mod workspaces;

use crate::{Context, Exit, args::Command, error::Result};

/// Runs one command.
pub(crate) fn run(command: Command, context: &Context) -> Result<Exit> {
    let done = match command {
        Command::Init(args) => init::run(&args, context),
        Command::Push(args) => push::run(&args, context),
        Command::Pull(args) => pull::run(&args, context),
        Command::List(args) => list::run(&args, context),
        Command::Get(args) => get::run(&args, context),
        Command::Render(args) => render::run(&args, context),
        Command::Watch(args) => watch::run(&args, context),
        Command::Diff(args) => return diff::run(&args, context),
        Command::Validate(args) => validate::run(&args, context),
        Command::Lock(args) => lock::run(&args, context),
        Command::Bundle(args) => bundle::run(&args, context),
        Command::Verify(args) => return verify::run(&args, context),
        Command::LockVersion(args) => lock_version::run(&args, context),
        Command::Environment(command) => environment::run(&command, context),
        Command::Alias(command) => alias::run(&command, context),
        Command::Canary(command) => canary::run(&command, context),
        Command::Release(command) => release::run(&command, context),
        Command::Version(command) => version::run(&command, context),
        Command::History(args) => history::run(&args, context),
        Command::Audit(command) => return audit::run(&command, context),
        Command::Search(args) => search::run(&args, context),
        Command::Status(args) => status::run(&args, context),
        Command::Config(command) => config::run(&command, context),
        Command::Doctor(args) => return doctor::run(&args, context),
        Command::Login(args) => login::run(&args, context),
        Command::Logout(_) => logout::run(context),
        Command::WhoAmI(_) => whoami::run(context),
        Command::Session(command) => session::run(&command, context),
        Command::Invite(args) => invite::run(&args, context),
        Command::Keys(command) => keys::run(&command, context),
        Command::Workspace(command) => workspaces::run(&command, context),
        Command::Member(command) => members::run(&command, context),
        Command::Team(command) => members::teams(&command, context),
        Command::Role(command) => roles::run(&command, context),
        #[cfg(feature = "serve")]
        Command::Serve(args) => serve::run(args, context),
        #[cfg(feature = "serve")]
        Command::Edge(args) => edge::run(args, context),
        #[cfg(feature = "serve")]
        Command::Backup(args) => backup::backup(&args, context),
        #[cfg(feature = "serve")]
        Command::Restore(args) => backup::restore(&args, context),
        Command::Connector(command) => connector::run(&command, context),
        Command::Secret(command) => secret::run(&command, context),
        Command::Completions(args) => completions::run(&args, context),
    };
    done.map(|()| Exit::SUCCESS)
}

/// What a program without a server in it says about a data folder.
#[cfg(not(feature = "serve"))]
fn no_server(folder: &std::path::Path) -> crate::error::CliError {
    let message = format!("this promptsync has no server in it and cannot open {}", folder.display());
    crate::error::CliError::usage("not_built", message)
}
