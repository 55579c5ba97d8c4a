//! The `promptsync` command.
//!
//! A run goes one way: [`args`] are parsed, [`settings`] are found, one function in [`commands`] does the work with
//! [`local`] prompts or the [`registry`], and [`printer`] shows the result or the [`error`].
#![warn(missing_docs)]

pub mod args;
mod commands;
mod credentials;
mod error;
mod exit;
mod folder;
mod git;
mod local;
mod lock;
mod printer;
pub mod project;
mod reference;
mod registry;
mod secrets;
mod settings;
mod sources;
mod trust;
mod values;

use std::ffi::OsString;

use clap::Parser;

pub use exit::Exit;
pub use reference::reference;

use crate::{
    args::Cli,
    error::{CliError, Result},
    printer::Printer,
    settings::{Environment, Settings},
};

/// Runs the command as it was typed, program name first.
pub fn run(args: impl IntoIterator<Item = OsString>) -> Exit {
    let args: Vec<OsString> = args.into_iter().collect();
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => return not_understood(&error, args.iter().any(|arg| arg == "--json")),
    };
    let environment = Environment::read();
    let printer = Printer::new(&cli.global, &environment);
    match start(cli, &environment, printer.clone()) {
        Ok(code) => code,
        Err(error) => {
            printer.error(&error);
            error.exit_code()
        }
    }
}

/// Shows the help that was asked for, or what is wrong with the command line.
fn not_understood(error: &clap::Error, json: bool) -> Exit {
    if json && error.use_stderr() {
        let text = error.render().to_string();
        let message = text.trim().trim_start_matches("error: ");
        Printer { json, ..Printer::default() }.error(&CliError::usage("usage", message));
    } else {
        let _ = error.print();
    }
    Exit::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

fn start(cli: Cli, environment: &Environment, printer: Printer) -> Result<Exit> {
    let folder = std::env::current_dir()
        .map_err(|error| CliError::usage("io", format!("the current folder cannot be found: {error}")))?;
    let settings = match &cli.command {
        #[cfg(feature = "serve")]
        args::Command::Edge(edge) => {
            Settings::load_for_edge(&cli.global, edge.upstream.as_ref(), environment, &folder)?
        }
        _ => Settings::load(&cli.global, environment, &folder)?,
    };
    commands::run(cli.command, &Context { settings, printer })
}

/// What every command gets.
struct Context {
    settings: Settings,
    printer: Printer,
}
