//! `completions`: what a shell needs to complete our commands.

use clap::CommandFactory;

use crate::{
    Context,
    args::{Cli, Completions},
    error::Result,
};

pub(super) fn run(args: &Completions, context: &Context) -> Result {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "promptsync", &mut script);
    context.printer.text(&String::from_utf8_lossy(&script))
}
