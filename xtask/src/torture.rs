//! The long forms of tests that hurt: the same tests, many more times.

use std::{process::Stdio, time::Instant};

use crate::{
    postgres::Postgres,
    steps::{Result, cargo, run as run_command},
    test::missing,
};

/// A test that has a long form.
struct Torture {
    name: &'static str,
    what: &'static str,
    /// The test program, and which of its tests.
    tests: [&'static str; 2],
    /// The variable that says how long it is, and how long that is.
    length: [&'static str; 2],
}

const TORTURES: [Torture; 8] = [
    Torture {
        name: "outage",
        what: "PostgreSQL and Redis are killed, stopped and made to refuse while many read",
        tests: ["it", "outages::"],
        // Reads of each of 18 batches: a million.
        length: ["PROMPTSYNC_OUTAGE_READS", "55556"],
    },
    Torture {
        name: "kills",
        what: "the server and PostgreSQL are killed while several write",
        tests: ["torture", "kills::"],
        // Of the server on SQLite, the server on PostgreSQL, and PostgreSQL.
        length: ["PROMPTSYNC_TORTURE_KILLS", "100"],
    },
    Torture {
        name: "power",
        what: "the power is cut while several write to SQLite and PostgreSQL",
        tests: ["torture", "power::"],
        length: ["PROMPTSYNC_TORTURE_CUTS", "60"],
    },
    Torture {
        name: "torn",
        what: "many read while somebody publishes",
        tests: ["torture", "torn::"],
        // In each of three forms: a million.
        length: ["PROMPTSYNC_TORTURE_READS", "333334"],
    },
    Torture {
        name: "linear",
        what: "aliases are moved and read while servers are killed and stand still",
        tests: ["torture", "linear::"],
        // In each of two forms: a million.
        length: ["PROMPTSYNC_TORTURE_OPERATIONS", "500000"],
    },
    Torture {
        name: "loss",
        what: "streams over a network that loses three packets of ten",
        tests: ["torture", "loss::"],
        length: ["PROMPTSYNC_TORTURE_CHANGES", "2000"],
    },
    Torture {
        name: "herd",
        what: "a thousand clients come back after an outage",
        tests: ["torture", "herd::"],
        length: ["PROMPTSYNC_TORTURE_CLIENTS", "1000"],
    },
    Torture {
        name: "stop",
        what: "the server is told to stop under load",
        tests: ["torture", "stop::"],
        length: ["PROMPTSYNC_TORTURE_STOPS", "100"],
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
    if let Some(missing) = missing().into_iter().next() {
        return Err(missing.into());
    }
    let postgres = Postgres::start()?;
    for torture in wanted {
        torture.run(is_optimised, &postgres)?;
    }
    Ok(())
}

impl Torture {
    fn run(&self, is_optimised: bool, postgres: &Postgres) -> Result {
        let [target, filter] = self.tests;
        let mut command = cargo(&["test"]);
        if is_optimised {
            command.arg("--release");
        }
        // With the whole workspace nothing is built anew that other tests have built.
        command.args(["--workspace", "--test", target, "--", filter, "--nocapture", "--test-threads=1"]);
        let [variable, length] = self.length;
        // Somebody may want it shorter, or longer.
        let length = std::env::var_os(variable).unwrap_or_else(|| length.into());
        command.env(variable, &length).env("PROMPTSYNC_TEST_POSTGRES", postgres.url()).stdin(Stdio::null());
        let began = Instant::now();
        run_command(&mut command)?;
        println!("{}: {variable}={}, {:.0} s", self.name, length.display(), began.elapsed().as_secs_f32());
        Ok(())
    }
}
