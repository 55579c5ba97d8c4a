//! Benchmarks that run inside a crate of ours, beside a control in the same process.

use super::{
    Bench, Pace,
    figures::Figure,
    machine::SERVERS,
    table::{Row, Table},
};
use crate::steps::{Result, capture, cargo, run as run_command, target};

pub(super) const STORE: &str = "One transaction with 10,000 new prompts of 2 KB on SQLite, against a loop that inserts the \
     same rows with the same durability and knows no rules.";
pub(super) const JINJA: &str = "Rendering with every guard, against minijinja alone in the same process.";
pub(super) const ADMISSION: &str = "Parsing the header, the key's hash or the token's signature, its expiry, the rates and \
     the permission, with everything in memory.";
pub(super) const SDK: &str = "`get` of a prompt that is held, by alias, and its render with 40 variables.";

const EXAMPLES: [(&str, &str); 4] = [
    ("promptsync-store", "bench_push"),
    ("promptsync-core", "bench_jinja"),
    ("promptsync-server", "bench_auth"),
    ("promptsync-client", "bench_sdk"),
];

/// The write of a push, against a loop that inserts the same rows and knows no rules.
pub(super) fn store(bench: &Bench, table: &mut Table) -> Result {
    let rounds = bench.pace.turns(5).to_string();
    let output = example(bench, "bench_push", &[&rounds])?;
    let rounds = output.lines().filter(|line| line.starts_with("round "));
    let rounds = rounds
        .map(|line| Ok((number_after(line, "store ")?, number_after(line, "loop ")?)))
        .collect::<Result<Vec<_>>>()?;
    let ours = Figure::of(rounds.iter().map(|(ours, _)| *ours));
    let bare = Figure::of(rounds.iter().map(|(_, bare)| *bare));
    let ratio = Figure::of(rounds.iter().map(|(ours, bare)| ours / bare));
    table.add(Row::new("", "ms", "write of a push of 10,000 prompts", ours));
    table.add(Row::new("", "ms", "the bare loop", bare));
    table.add(Row::new("", "×", "write of a push / bare loop", ratio).at_most(3.0));
    Ok(())
}

/// Rendering in core with every guard, against minijinja alone.
pub(super) fn jinja(bench: &Bench, table: &mut Table) -> Result {
    let output = example(bench, "bench_jinja", &[])?;
    for line in output.lines().filter(|line| line.contains("ratio ")) {
        let name = line.split(':').next().unwrap_or(line);
        let what = format!("Jinja render, {name} / bare minijinja");
        table.add(Row::new("", "×", what, number_after(line, "ratio ")?).at_most(1.15));
    }
    Ok(())
}

/// Knowing who calls and whether they may read, with everything in memory.
pub(super) fn admission(bench: &Bench, table: &mut Table) -> Result {
    let output = example(bench, "bench_auth", &[])?;
    for line in output.lines().filter(|line| line.ends_with(" us")) {
        let name = line.split(':').next().unwrap_or(line);
        let what = format!("authentication and authorisation of a read, {name}, warm");
        table.add(Row::new("", "µs", what, number_after(line, ": ")?).at_most(5.0));
    }
    Ok(())
}

/// What an application waits for when the SDK holds the prompt.
pub(super) fn sdk(bench: &Bench, table: &mut Table) -> Result {
    let output = example(bench, "bench_sdk", &[])?;
    for line in output.lines() {
        let Some((what, value)) = line.trim_end_matches("µs").trim_end().rsplit_once(' ') else { continue };
        let (what, value) = (what.trim_end(), value.parse::<f64>()?);
        table.add(match what.strip_suffix(" (S1)") {
            Some(what) => Row::new("S1", "µs", what, value).at_most(4.0).stretch(2.0),
            None => Row::new("", "µs", what, value),
        });
    }
    Ok(())
}

/// Runs an example alone on a core. All are built at once: each alone would want its dependencies built in its own way.
fn example(bench: &Bench, name: &str, arguments: &[&str]) -> Result<String> {
    let (profile, folder) = if bench.pace == Pace::Trial { ("dev", "debug") } else { ("release", "release") };
    let mut build = cargo(&["build", "--profile", profile]);
    for (package, example) in EXAMPLES {
        build.args(["--package", package, "--example", example]);
    }
    run_command(&mut build)?;
    capture(SERVERS.run(target()?.join(folder).join("examples").join(name)).args(arguments))
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
