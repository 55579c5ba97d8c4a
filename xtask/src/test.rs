//! Every test there is.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::Stdio,
    time::{Duration, Instant},
};

use rustix::process::Signal;

use crate::{
    aws::Aws,
    browser::Browser,
    children::{Guarded, Interrupt},
    oidc_provider::OidcProvider,
    postgres::Postgres,
    python,
    steps::{Result, cargo, exists, install},
    wheel,
};

/// Runs the tests and prints a summary. With a filter only `cargo test` runs, and gets it.
pub(crate) fn run(filter: &[String]) -> Result {
    let interrupt = Interrupt::listen()?;
    let postgres = Postgres::start()?;
    let provider = OidcProvider::start();
    if let Err(missing) = &provider {
        println!("\nNOT TESTED, and this run will fail: {missing}\n");
    }
    let aws = Aws::start();
    if let Err(missing) = &aws {
        println!("\nNOT TESTED, and this run will fail: {missing}\n");
    }
    let browser = Browser::find();
    if let Err(missing) = &browser {
        println!("\nNOT TESTED, and this run will fail: {missing}\n");
    }
    let missing = missing();
    for missing in &missing {
        println!("\nNOT TESTED, and this run will fail: {missing}\n");
    }
    let started = Instant::now();
    let place = browser.as_ref().ok().map(Browser::place);
    let issuer = provider.as_ref().ok().map(OidcProvider::issuer);
    let servers = [
        ("PROMPTSYNC_TEST_OIDC", issuer),
        ("PROMPTSYNC_TEST_AWS", aws.as_ref().ok().map(Aws::url)),
        ("PROMPTSYNC_TEST_BROWSER", place.as_deref()),
    ];
    let count = cargo_test(filter, &postgres.url(), &servers, &interrupt)?;
    let databases = format!("SQLite, PostgreSQL {}", postgres.version());
    drop(postgres);
    let mut lines = vec![format!("{count} in {:.0} s ({databases})", started.elapsed().as_secs_f32())];
    let mut failures = Vec::new();
    if !count.all_passed() {
        failures.push("cargo test");
    }
    if let Err(missing) = provider {
        lines.push(format!("single sign-on was not tested: {missing}"));
        failures.push("the OpenID provider");
    }
    if let Err(missing) = aws {
        lines.push(format!("AWS Secrets Manager was not tested: {missing}"));
        failures.push("AWS");
    }
    if let Err(missing) = browser {
        lines.push(format!("the pages were not tested in a browser: {missing}"));
        failures.push("the browser");
    }
    for missing in missing {
        lines.push(format!("not everything was tested: {missing}"));
        failures.push("a program that is missing");
    }
    if filter.is_empty()
        && let Some(outcome) = python::check_jinja_corpus()
    {
        match outcome {
            Ok(()) => lines.push(format!("the Jinja corpus agrees with {}", python::JINJA2)),
            Err(failure) => {
                lines.push(failure.to_string());
                failures.push("the Jinja corpus");
            }
        }
    }
    if filter.is_empty() {
        match wheel::test() {
            Ok(said) => lines.extend(said),
            Err(failure) => {
                lines.push(failure.to_string());
                failures.push("the Python package");
            }
        }
    }
    println!("\ntests");
    for line in lines {
        println!("  {line}");
    }
    if failures.is_empty() { Ok(()) } else { Err(format!("failed: {}", failures.join(", ")).into()) }
}

/// What tests start themselves and has to be there: Redis, what watches a process, what loses packets. Says what could
/// not be installed.
pub(crate) fn missing() -> Vec<String> {
    [("redis-server", "redis-server"), ("strace", "strace"), ("nft", "nftables"), ("ip", "iproute2")]
        .into_iter()
        .filter(|(program, _)| !exists(program))
        .filter_map(|(_, package)| install(package).err())
        .map(|missing| missing.to_string())
        .collect()
}

/// What the test programs reported.
#[derive(Debug, Default, PartialEq)]
struct Count {
    passed: usize,
    failed: usize,
    ignored: usize,
    programs: usize,
    /// Whether cargo itself was content: it also fails when something does not compile.
    cargo_succeeded: bool,
}

impl Count {
    fn all_passed(&self) -> bool {
        self.cargo_succeeded && self.failed == 0
    }

    /// Adds a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    fn add(&mut self, line: &str) {
        let Some((_, facts)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        self.programs += 1;
        for fact in facts.split(';') {
            let mut words = fact.split_whitespace();
            let Some(number) = words.next().and_then(|word| word.parse::<usize>().ok()) else { continue };
            match words.next() {
                Some("passed") => self.passed += number,
                Some("failed") => self.failed += number,
                Some("ignored") => self.ignored += number,
                _ => {}
            }
        }
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { passed, failed, ignored, programs, .. } = self;
        write!(f, "{passed} passed, {failed} failed, {ignored} ignored, in {programs} test programs")?;
        if !self.cargo_succeeded && *failed == 0 {
            f.write_str(", and cargo test failed")?;
        }
        Ok(())
    }
}

fn cargo_test(
    filter: &[String],
    database_url: &str,
    servers: &[(&str, Option<&str>)],
    interrupt: &Interrupt,
) -> Result<Count> {
    let mut command = cargo(&["test", "--no-fail-fast"]);
    if !filter.iter().any(|word| word == "-p" || word.starts_with("--package")) {
        command.arg("--workspace");
    }
    command.args(filter).env("PROMPTSYNC_TEST_POSTGRES", database_url).stdout(Stdio::piped());
    command.envs(servers.iter().filter_map(|(name, url)| Some((name, (*url)?))));
    let mut child = Guarded::spawn(&mut command, Signal::TERM, Duration::from_secs(10))?;
    let output = child.process().stdout.take().ok_or("cargo test has no output")?;
    let reader = std::thread::spawn(move || show_and_count(output, std::io::stdout()));
    let Some(status) = child.wait(interrupt)? else { return Err("interrupted".into()) };
    let mut count = reader.join().map_err(|_| "reading the output of cargo test failed")?;
    count.cargo_succeeded = status.success();
    Ok(count)
}

fn show_and_count(output: impl Read, mut terminal: impl Write) -> Count {
    let mut count = Count::default();
    for line in BufReader::new(output).split(b'\n').map_while(std::result::Result::ok) {
        // A reader that went away (`| head`) must not stop the count.
        let _ = terminal.write_all(&line).and_then(|()| terminal.write_all(b"\n"));
        count.add(&String::from_utf8_lossy(&line));
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_lines_of_test_programs_are_added_up() {
        let output = "\
test a ... ok
test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s
test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";
        let count = show_and_count(output.as_bytes(), std::io::sink());
        let expected = Count { passed: 16, failed: 2, ignored: 1, programs: 2, cargo_succeeded: false };
        assert_eq!(count, expected);
    }

    #[test]
    fn a_run_that_did_not_compile_has_not_passed() {
        assert!(!Count::default().all_passed());
        assert!(Count { cargo_succeeded: true, ..Count::default() }.all_passed());
        assert!(!Count { cargo_succeeded: true, failed: 1, ..Count::default() }.all_passed());
    }
}
