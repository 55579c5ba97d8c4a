//! Benchmarks that run inside a crate of ours, beside a control in the same process.

use super::{RUNS, median, table::Table};
use crate::steps::{Result, capture, cargo, root};

/// The write of a push, against a loop that inserts the same rows and knows no rules.
pub(super) fn store(table: &mut Table) -> Result {
    let output = example("promptsync-store", "bench_push", &[&RUNS.to_string()])?;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for line in output.lines().filter(|line| line.starts_with("round ")) {
        ours.push(number_after(line, "store ")?);
        bare.push(number_after(line, "loop ")?);
    }
    let (ours, bare) = (median(ours), median(bare));
    let what =
        format!("store: write of a push of 10000 prompts, {ours:.0} ms, against a bare loop, {bare:.0} ms");
    table.at_most(3.0, "×", what, ours / bare);
    Ok(())
}

/// Rendering in core with every guard, against minijinja alone.
pub(super) fn jinja(table: &mut Table) -> Result {
    if !root().join("crates/core/examples/bench_jinja.rs").exists() {
        return Err("crates/core/examples/bench_jinja.rs is missing".into());
    }
    let output = example("promptsync-core", "bench_jinja", &[])?;
    for line in output.lines().filter(|line| line.contains("ratio ")) {
        let name = line.split(':').next().unwrap_or(line);
        table.at_most(
            1.15,
            "×",
            format!("core: Jinja render, {name}, against bare minijinja"),
            number_after(line, "ratio ")?,
        );
    }
    Ok(())
}

/// Knowing who calls and whether they may read, with everything in memory.
pub(super) fn admission(table: &mut Table) -> Result {
    let output = example("promptsync-server", "bench_auth", &[])?;
    for line in output.lines().filter(|line| line.ends_with(" us")) {
        let name = line.split(':').next().unwrap_or(line);
        let what = format!("server: authentication and authorisation of a read, {name}, warm");
        table.at_most(5.0, "µs", what, number_after(line, ": ")?);
    }
    Ok(())
}

fn example(package: &str, name: &str, arguments: &[&str]) -> Result<String> {
    let mut command = cargo(&["run", "--quiet", "--release", "--package", package, "--example", name, "--"]);
    capture(command.args(arguments))
}

/// The number that follows a word in a line.
fn number_after(line: &str, word: &str) -> Result<f64> {
    let rest =
        line.split_once(word).map(|(_, rest)| rest).ok_or_else(|| format!("no `{word}` in `{line}`"))?;
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
    Ok(rest[..end].trim_end_matches('.').parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_from_the_lines_of_the_examples() {
        let line = "round 2: store 612 ms, bare loop 301.5 ms";
        let read = |word| number_after(line, word).unwrap().to_string();
        assert_eq!([read("store "), read("loop ")], ["612", "301.5"]);
        assert!(number_after(line, "ratio ").is_err());
    }
}
