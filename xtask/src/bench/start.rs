//! The server empty, pushed to, and full.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use super::{
    Bench,
    figures::Figure,
    http, load,
    prompts::{name, push_body},
    server::{Data, PROJECT, Server},
    table::{Row, Table},
};
use crate::steps::Result;

pub(super) const ABOUT: &str = "From the start of the process to its first answer, on any core; memory is what is resident \
     after a second of rest. The full server holds 10,000 prompts of 2 KB, pushed in one call: `one read` has loaded what \
     aliases and versions are, `all read` has answered each prompt once.";

const PROMPTS: usize = 10_000;
/// Idle means that nothing has happened for this long.
const IDLE: Duration = Duration::from_secs(1);

/// Start and memory without prompts, the push of many, start and memory with them.
pub(super) fn measure(bench: &Bench, table: &mut Table) -> Result {
    let runs = bench.pace.turns(9);
    let data = Data::create(bench, "empty")?;
    let starts = (0..runs).map(|_| start(bench, &data, "/livez")).collect::<Result<Vec<_>>>()?;
    let ready = Figure::of(starts.iter().map(|(ready, _)| *ready));
    let memory = Figure::of(starts.iter().map(|(_, memory)| *memory));
    table.add(Row::new("F1", "ms", "empty: to the first answer", ready).at_most(30.0).stretch(15.0));
    table.add(Row::new("F2", "MiB", "empty: memory", memory).at_most(25.0).stretch(15.0));
    let data = pushed(bench, table)?;
    full(bench, table, &data)
}

/// A push of many prompts in one call.
fn pushed(bench: &Bench, table: &mut Table) -> Result<Data> {
    let body = push_body(0..PROMPTS);
    let (mut times, mut peaks, mut last) = (Vec::new(), Vec::new(), None);
    for run in 0..bench.pace.turns(5) {
        let data = Data::create(bench, &format!("full-{run}"))?;
        let server = Server::start(bench, &data)?;
        let started = Instant::now();
        http::send(&server.address, &data.admin, "POST", &format!("/api/projects/{PROJECT}/push"), &body)?;
        times.push(started.elapsed().as_secs_f64() * 1e3);
        peaks.push(server.peak_memory()?);
        last = Some(data);
    }
    let what = format!("push of {PROMPTS} prompts: from request to answer, every rule applied");
    table.add(Row::new("", "ms", what, Figure::of(times)));
    let what = format!("push of {PROMPTS} prompts: peak memory of the server");
    table.add(Row::new("", "MiB", what, Figure::of(peaks)).at_most(150.0));
    last.ok_or_else(|| "no push was measured".into())
}

/// Start and memory of the server that holds them.
fn full(bench: &Bench, table: &mut Table, data: &Data) -> Result {
    let path = format!("/api/prompts/{}/production", name(42));
    let (mut ready, mut listening, mut one, mut all) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.pace.turns(9) {
        let server = Server::start(bench, data)?;
        listening.push(server.ready.as_secs_f64() * 1e3);
        ready.push(server.answered(&data.reader, &path)?.as_secs_f64() * 1e3);
        sleep(IDLE);
        one.push(server.memory()?);
        load::tool(bench, &["touch", &server.address, &data.reader, &PROMPTS.to_string()])?;
        sleep(IDLE);
        all.push(server.memory()?);
    }
    let what = |rest: &str| format!("{PROMPTS} prompts: {rest}");
    table.add(Row::new("", "ms", what("until it listens"), Figure::of(listening)));
    let row = Row::new("F1", "ms", what("to the first answer, a prompt by alias"), Figure::of(ready));
    table.add(row.at_most(100.0).stretch(50.0));
    let row = Row::new("F2", "MiB", what("memory, one read"), Figure::of(one));
    table.add(row.at_most(48.0).stretch(32.0));
    let row = Row::new("F2", "MiB", what("memory, all read"), Figure::of(all));
    table.add(row.at_most(48.0).stretch(32.0));
    Ok(())
}

/// Milliseconds to the first answer, and memory after it and a pause.
fn start(bench: &Bench, data: &Data, path: &str) -> Result<(f64, f64)> {
    let server = Server::start(bench, data)?;
    let ready = server.answered(&data.admin, path)?.as_secs_f64() * 1e3;
    sleep(IDLE);
    Ok((ready, server.memory()?))
}
