//! Load: wrk for requests as fast as they are answered, and our own generators for the rest.

use std::path::Path;

use super::{
    Bench,
    figures::field,
    machine::{LOAD, need, processor_time},
};
use crate::steps::{Result, capture};

/// Where requests go.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) address: String,
    pub(super) path: String,
    pub(super) key: String,
    /// Whose processor time is counted.
    pub(super) pids: Vec<u32>,
}

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shot {
    /// Answers a second.
    pub(super) per_second: f64,
    /// Microseconds of processor time an answer.
    pub(super) cost: f64,
}

/// What is needed before the first.
pub(super) fn prepare() -> Result {
    need("wrk", "wrk")
}

/// Asks for one thing over so many connections.
pub(super) fn wrk(place: &Place, connections: usize, seconds: u32) -> Result<Shot> {
    shoot(place, connections, seconds, None)
}

/// Asks for one of so many prompts, drawn anew each time.
pub(super) fn wrk_any(place: &Place, prompts: usize, connections: usize, seconds: u32) -> Result<Shot> {
    shoot(place, connections, seconds, Some(prompts))
}

fn shoot(place: &Place, connections: usize, seconds: u32, prompts: Option<usize>) -> Result<Shot> {
    let mut command = LOAD.run("wrk");
    // A slow answer is slow, not an error.
    command
        .arg("-t1")
        .arg(format!("-c{connections}"))
        .arg(format!("-d{seconds}s"))
        .args(["--timeout", "20s"]);
    if !place.key.is_empty() {
        command.arg("-H").arg(format!("Authorization: Bearer {}", place.key));
    }
    if let Some(prompts) = prompts {
        let script = crate::steps::root().join("crates/bench/any_prompt.lua");
        command.arg("-s").arg(script).env("PROMPTS", prompts.to_string());
    }
    command.arg(format!("http://{}{}", place.address, place.path));
    let before = processor_time(&place.pids)?;
    let output = capture(&mut command)?;
    let taken = processor_time(&place.pids)? - before;
    read(&output, taken)
}

/// Reads what wrk says. An error of any kind is an error here: refusals are fast.
fn read(output: &str, processor_seconds: f64) -> Result<Shot> {
    if output.contains("Non-2xx") || output.contains("Socket errors") {
        return Err(format!("not every request was answered with 200:\n{output}").into());
    }
    let after = |word: &str| output.split_once(word).map(|(_, rest)| rest.trim_start());
    let per_second = after("Requests/sec:").and_then(|rest| rest.lines().next()).ok_or("wrk said nothing")?;
    let requests = output.lines().find_map(|line| line.trim().split_once(" requests in "));
    let requests: f64 = requests.ok_or("wrk counted nothing")?.0.parse()?;
    Ok(Shot { per_second: per_second.trim().parse()?, cost: processor_seconds / requests * 1e6 })
}

/// Latencies in microseconds: the median and what one in a hundred exceeds.
pub(super) struct Latency {
    pub(super) half: f64,
    pub(super) hundredth: f64,
}

/// Asks at a constant rate.
pub(super) fn at_rate(bench: &Bench, place: &Place, per_second: u32, seconds: u32) -> Result<Latency> {
    let (per_second, seconds) = (per_second.to_string(), seconds.to_string());
    let words = ["rate", &place.address, &place.path, &place.key, &per_second, &seconds];
    let output = tool(bench, &words)?;
    Ok(Latency { half: field(&output, "p50_us")?, hundredth: field(&output, "p99_us")? })
}

/// Runs one of our load generators.
pub(super) fn tool(bench: &Bench, words: &[&str]) -> Result<String> {
    capture(LOAD.run(Path::new(&bench.tools)).args(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "Running 1s test @ http://127.0.0.1:1/\n  100 requests in 1.01s, 2.00MB read\n\
        Requests/sec:     99.50\nTransfer/sec:      2.00MB\n";

    #[test]
    fn what_wrk_says_is_read() {
        let shot = read(SAID, 0.5).unwrap();
        assert_eq!([shot.per_second, shot.cost].map(|value| value.to_string()), ["99.5", "5000"]);
    }

    #[test]
    fn a_refused_request_spoils_the_shot() {
        assert!(read(&format!("{SAID}  Non-2xx or 3xx responses: 1\n"), 0.5).is_err());
        assert!(
            read(&format!("{SAID}  Socket errors: connect 0, read 1, write 0, timeout 0\n"), 0.5).is_err()
        );
    }
}
