//! The server empty, pushed to, and full.

use std::{
    fmt::Write as _,
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use super::{
    RUNS, http, median,
    server::{Data, PROJECT, Server},
    table::Table,
};
use crate::steps::Result;

const PROMPTS: usize = 10_000;
const PROMPT_BYTES: usize = 2_000;
/// Idle means that nothing has happened for this long.
const IDLE: Duration = Duration::from_secs(1);

/// Memory and start of a server without prompts.
pub(super) fn empty_server(binary: &Path, table: &mut Table) -> Result {
    let data = Data::create(binary, "empty")?;
    let (ready, memory) = starts(binary, &data, "/livez")?;
    table.at_most(30.0, "ms", "empty server: ready after start", ready);
    table.at_most(25.0, "MiB", "empty server: memory, idle", memory);
    Ok(())
}

/// A push of many prompts in one call, then the server that holds them.
pub(super) fn full_server(binary: &Path, table: &mut Table) -> Result {
    let body = push_body();
    let (mut times, mut peaks, mut last) = (Vec::new(), Vec::new(), None);
    for run in 0..RUNS {
        let data = Data::create(binary, &format!("full-{run}"))?;
        let mut server = Server::start(binary, &data)?;
        let started = Instant::now();
        http::send(&server.address, &data.key, "POST", &format!("/api/projects/{PROJECT}/push"), &body)?;
        times.push(started.elapsed().as_secs_f64() * 1e3);
        peaks.push(server.peak_memory()?);
        last = Some(data);
    }
    table.told(
        "ms",
        format!("push of {PROMPTS} prompts of 2 KB: from request to answer, every rule applied"),
        median(times),
    );
    table.at_most(
        150.0,
        "MiB",
        format!("push of {PROMPTS} prompts of 2 KB: peak memory of the server"),
        median(peaks),
    );
    let data = last.ok_or("no push was measured")?;
    let (ready, memory) = starts(binary, &data, "/api/prompts/prompt_00042/latest")?;
    table.at_most(100.0, "ms", format!("server with {PROMPTS} prompts: ready after start"), ready);
    table.at_most(48.0, "MiB", format!("server with {PROMPTS} prompts: memory, idle after one read"), memory);
    Ok(())
}

/// Median time to ready, and median memory after one request and a pause.
fn starts(binary: &Path, data: &Data, path: &str) -> Result<(f64, f64)> {
    let (mut times, mut sizes) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let mut server = Server::start(binary, data)?;
        times.push(server.ready.as_secs_f64() * 1e3);
        http::send(&server.address, &data.key, "GET", path, "")?;
        sleep(IDLE);
        sizes.push(server.memory()?);
    }
    Ok((median(times), median(sizes)))
}

/// Prompts that differ, with a few variables each, as the body of a push.
fn push_body() -> String {
    let mut body = String::from("{\"files\":[");
    for number in 0..PROMPTS {
        if number > 0 {
            body.push(',');
        }
        let _ = write!(body, "{{\"path\":\"prompt_{number:05}.txt\",\"content\":\"{}\"}}", content(number));
    }
    body.push_str("]}");
    body
}

/// The text of one prompt, without anything that JSON would escape.
fn content(number: usize) -> String {
    let mut text = format!("Prompt {number}. Answer {{{{ customer_name }}}} about {{{{ issue }}}}. ");
    let mut line = 0;
    while text.len() < PROMPT_BYTES {
        let _ =
            write!(text, "Rule {line} of prompt {number}: say what happens next, by when, and who does it. ");
        line += 1;
    }
    text.truncate(PROMPT_BYTES);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_have_the_size_and_differ() {
        assert_eq!(content(1).len(), PROMPT_BYTES);
        assert_ne!(content(1), content(2));
        assert!(!content(1).contains(['"', '\\', '\n']));
    }
}
