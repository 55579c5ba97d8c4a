//! The long forms of tests that hurt: the same tests, many more times.

use std::{process::Stdio, time::Instant};

use crate::steps::{Result, cargo, run as run_command};

/// Reads altogether, over the batches of every outage.
const READS: usize = 1_000_000;
/// Batches that the tests of outages read.
const BATCHES: usize = 18;

/// Runs one of them.
pub(crate) fn run(arguments: &[String]) -> Result {
    match arguments.first().map(String::as_str) {
        Some("outage") => outage(),
        _ => Err("cargo xtask torture outage".into()),
    }
}

/// PostgreSQL and Redis are killed, stopped and made to refuse while a million prompts are read.
fn outage() -> Result {
    let began = Instant::now();
    let mut command =
        cargo(&["test", "--release", "-p", "promptsync-server", "--test", "it", "--", "outages"]);
    command.args(["--nocapture", "--test-threads=1"]);
    command.env("PROMPTSYNC_OUTAGE_READS", READS.div_ceil(BATCHES).to_string()).stdin(Stdio::null());
    run_command(&mut command)?;
    println!("{READS} reads in {BATCHES} outages, none failed, in {:.0} s", began.elapsed().as_secs_f32());
    Ok(())
}
