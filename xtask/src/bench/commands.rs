//! The command line.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use super::{median, table::Table};
use crate::steps::Result;

const TIMES: usize = 21;

/// `promptsync --help`, with `/bin/true` beside it for the cost of starting any process.
pub(super) fn help(binary: &Path, table: &mut Table) -> Result {
    let (mut ours, mut nothing) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        ours.push(milliseconds(Command::new(binary).arg("--help"))?);
        nothing.push(milliseconds(&mut Command::new("/bin/true"))?);
    }
    let nothing = median(nothing);
    table.at_most(20.0, "ms", format!("`promptsync --help` (`/bin/true`: {nothing:.2} ms)"), median(ours));
    Ok(())
}

fn milliseconds(command: &mut Command) -> Result<f64> {
    let started = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status()?;
    if !status.success() {
        return Err(format!("{} ended with {status}", command.get_program().display()).into());
    }
    Ok(started.elapsed().as_secs_f64() * 1e3)
}
