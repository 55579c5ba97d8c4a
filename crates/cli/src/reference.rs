//! The reference of the command line, made from the arguments themselves.

use std::fmt::Write;

use clap::CommandFactory;

use crate::args::Cli;

/// The reference of every command as Markdown.
pub fn reference() -> String {
    let mut root = Cli::command().disable_help_flag(true).term_width(96);
    root.build();
    let mut text = String::from(
        "# Command line\n\nGenerated from the program by `cargo xtask gen`; do not edit.\n\n\
         Results go to standard output, notes and errors to standard error. With `--json` results are JSON on\n\
         standard output and errors are JSON on standard error: `{\"error\": {\"kind\", \"code\", \"message\", \"hints\", \"problems\"}}`.\n",
    );
    section(&mut root, "promptsync", 2, &mut text);
    text
}

fn section(command: &mut clap::Command, path: &str, depth: usize, text: &mut String) {
    let shown = command.clone().bin_name(path);
    // What applies to every command is shown once.
    let is_root = depth == 2;
    let mut shown = shown.mut_args(|arg| if arg.is_global_set() && !is_root { arg.hide(true) } else { arg });
    let help = shown.render_long_help().to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    let _ = write!(text, "\n{} {path}\n\n```text\n{}\n```\n", "#".repeat(depth), help.join("\n").trim());
    let names: Vec<String> = command
        .get_subcommands()
        .filter(|sub| !sub.is_hide_set() && sub.get_name() != "help")
        .map(|sub| sub.get_name().to_owned())
        .collect();
    for name in names {
        if let Some(sub) = command.find_subcommand_mut(&name) {
            section(sub, &format!("{path} {name}"), (depth + 1).min(3), text);
        }
    }
}
