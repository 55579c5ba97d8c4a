//! The promptsync command.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(promptsync_cli::run(std::env::args_os()).code())
}
