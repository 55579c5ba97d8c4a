//! The long forms of tests that hurt: the same tests, many more times.

use std::{process::Stdio, time::Instant};

use crate::{
    postgres::Postgres,
    steps::{Result, cargo, exists, install, run as run_command},
};

/// A test that has a long form.
struct Torture {
    name: &'static str,
    what: &'static str,
    /// The test program, and which of its tests.
    tests: [&'static str; 2],
    /// The variable that says how long it is, and how long that is.
    length: [&'static str; 2],
    /// Programs it needs besides PostgreSQL and Redis, with their Debian packages.
    programs: &'static [(&'static str, &'static str)],
}

const TORTURES: [Torture; 2] = [
    Torture {
        name: "outage",
        what: "PostgreSQL and Redis are killed, stopped and made to refuse while a million prompts are read",
        tests: ["it", "outages"],
        // Reads of each of 18 batches.
        length: ["PROMPTSYNC_OUTAGE_READS", "55556"],
        programs: &[],
    },
    Torture {
        name: "kills",
        what: "the server and PostgreSQL are killed while several write",
        tests: ["torture", "kills"],
        length: ["PROMPTSYNC_TORTURE_KILLS", "100"],
        programs: &[],
    },
];

/// Says that the tests are built as other tests are, in place of the way a server is built.
const UNOPTIMISED: &str = "--unoptimised";

/// Runs one of them, or all.
pub(crate) fn run(arguments: &[String]) -> Result {
    let is_optimised = !arguments.iter().any(|word| word == UNOPTIMISED);
    let Some(name) = arguments.iter().find(|word| *word != UNOPTIMISED) else {
        println!("cargo xtask torture NAME [{UNOPTIMISED}]\n");
        for torture in &TORTURES {
            println!("  {:8}{}", torture.name, torture.what);
        }
        println!("  {:8}each of them", "all");
        return Ok(());
    };
    let wanted: Vec<&Torture> =
        TORTURES.iter().filter(|torture| name == "all" || torture.name == name).collect();
    if wanted.is_empty() {
        return Err(format!("`{name}` is not one; `cargo xtask torture` lists them").into());
    }
    let postgres = Postgres::start()?;
    if !exists("redis-server") {
        install("redis-server")?;
    }
    for torture in wanted {
        torture.run(is_optimised, &postgres)?;
    }
    Ok(())
}

impl Torture {
    fn run(&self, is_optimised: bool, postgres: &Postgres) -> Result {
        for (program, package) in self.programs {
            if !exists(program) {
                install(package)?;
            }
        }
        let [target, filter] = self.tests;
        let mut command = cargo(&["test"]);
        if is_optimised {
            command.arg("--release");
        }
        // With the whole workspace nothing is built anew that other tests have built.
        command.args(["--workspace", "--test", target, "--", filter, "--nocapture", "--test-threads=1"]);
        let [variable, length] = self.length;
        command.env(variable, length).env("PROMPTSYNC_TEST_POSTGRES", postgres.url()).stdin(Stdio::null());
        let began = Instant::now();
        run_command(&mut command)?;
        println!("{}: {variable}={length}, {:.0} s", self.name, began.elapsed().as_secs_f32());
        Ok(())
    }
}
