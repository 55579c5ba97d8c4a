//! The command line.

use std::{
    process::{Command, Stdio},
    time::Instant,
};

use super::{
    Bench,
    figures::Pairs,
    table::{Row, Table},
};
use crate::steps::Result;

pub(super) const ABOUT: &str =
    "From start to end of the process, with `/bin/true` for the cost of starting any.";

/// `promptsync --help`, with `/bin/true` beside it.
pub(super) fn help(bench: &Bench, table: &mut Table) -> Result {
    let pairs = Pairs::measure(
        bench.pace.turns(21),
        || milliseconds(Command::new(&bench.binary).arg("--help")),
        || milliseconds(&mut Command::new("/bin/true")),
    )?;
    table.add(Row::new("", "ms", "`promptsync --help`", pairs.ours(|time| *time)).at_most(20.0));
    table.add(Row::new("", "ms", "`/bin/true`", pairs.theirs(|time| *time)));
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
