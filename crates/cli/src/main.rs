//! The promptsync command.

use std::process::ExitCode;

fn main() -> ExitCode {
    promptsync_cli::run(std::env::args_os())
}
