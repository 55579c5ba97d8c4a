//! The same work with more prompts, and with more clients.

use std::{
    cell::Cell,
    env,
    thread::sleep,
    time::{Duration, Instant},
};

use super::{
    Bench, Pace,
    figures::{Pairs, field},
    http,
    load::{self, Place, Shot, tool},
    prompts::{name, push_body},
    server::{Data, PROJECT, Server},
    table::{Row, Table},
};
use crate::steps::Result;

pub(super) const ABOUT: &str = "Prompts of 2 KB in one project, asked for by alias and in no order, after each was read once; \
     64 connections. Every answer may stay in memory (`answer_bytes` is raised), so that memory is what a prompt takes when all of \
     it is there; most are packed, as texts of real prompts can be: by LZ4 to two thirds. The small server and the large one run side by side and are asked in turns. \
     `PROMPTSYNC_BENCH_MILLION=1` adds a million prompts.";

const SMALL: usize = 1_000;
/// As many as a push takes.
const BATCH: usize = 10_000;
const CONNECTIONS: usize = 64;
/// Streams and connections share the open files that the system allows: here connections get them.
const SETTINGS: [(&str, &str); 3] = [
    ("PROMPTSYNC_ANSWER_BYTES", "4294967295"),
    ("PROMPTSYNC_MAX_CONNECTIONS", "12000"),
    ("PROMPTSYNC_MAX_STREAMS", "100"),
];
/// Idle means that nothing has happened for this long.
const IDLE: Duration = Duration::from_secs(1);
/// More than one turn can publish: each turn's texts begin beyond those of the turn before.
const TEXTS: usize = 1_000_000;

/// A server that holds so many prompts.
struct Site {
    prompts: usize,
    server: Server,
    data: Data,
    /// MiB of a server without prompts.
    empty: f64,
}

/// More prompts, then more clients.
pub(super) fn measure(bench: &Bench, table: &mut Table) -> Result {
    load::prepare()?;
    let empty = {
        let data = Data::create(bench, "growth-empty")?;
        let server = Server::pinned(bench, &data, &SETTINGS)?;
        server.answered(&data.admin, "/livez")?;
        sleep(IDLE);
        server.memory()?
    };
    let small = Site::create(bench, SMALL, empty, table)?;
    let sizes: &[usize] = match bench.pace {
        Pace::Trial => &[2_000],
        Pace::Quick => &[10_000],
        Pace::Full if env::var_os("PROMPTSYNC_BENCH_MILLION").is_some() => &[10_000, 100_000, 1_000_000],
        Pace::Full => &[10_000, 100_000],
    };
    for &prompts in sizes {
        let large = Site::create(bench, prompts, empty, table)?;
        compare(bench, table, &small, &large)?;
    }
    clients(bench, table, &small)
}

/// Reads and publishes of the large one beside the small one.
fn compare(bench: &Bench, table: &mut Table, small: &Site, large: &Site) -> Result {
    let prompts = large.prompts;
    let (seconds, turns) = (bench.pace.seconds(2), bench.pace.turns(9));
    let pairs =
        Pairs::measure(turns, || large.shot(CONNECTIONS, seconds), || small.shot(CONNECTIONS, seconds))?;
    let what = format!("{prompts} prompts: requests a second / {SMALL} prompts");
    table.add(Row::new("G1", "×", what, pairs.ratio(|shot: &Shot| shot.per_second)).at_least(0.9));
    // Some of what was read in no order is there twice now: packed, and as it goes out.
    table.add(Row::new(
        "",
        "KB",
        format!("{prompts} prompts: memory a prompt, after these reads"),
        large.each()?,
    ));
    let turn = Cell::new(0);
    let publish = |site: &Site| {
        turn.set(turn.get() + 1);
        site.publish(bench, turn.get() * TEXTS, seconds)
    };
    let pairs = Pairs::measure(turns, || publish(large), || publish(small))?;
    let what = format!("{prompts} prompts: median time of a publish");
    table.add(Row::new("", "ms", what.clone(), pairs.ours(|time| *time)));
    let what = format!("{what} / {SMALL} prompts");
    table.add(Row::new("G3", "×", what, pairs.ratio(|time| *time)).at_most(1.2).stretch(1.05));
    Ok(())
}

/// More connections, all of them busy.
fn clients(bench: &Bench, table: &mut Table, small: &Site) -> Result {
    for (connections, goal) in [(1_000, 0.7), (4_000, 0.5), (10_000, 0.5)] {
        // Connecting takes its time too.
        let seconds = bench.pace.seconds(3) + if connections > 1_000 { 3 } else { 0 };
        let pairs = Pairs::measure(
            bench.pace.turns(5),
            || small.shot(connections, seconds),
            || small.shot(CONNECTIONS, seconds),
        );
        // One request that is refused with so many is what is to be found out, not the end of the run.
        let ratio = pairs.map_or_else(
            |failure| {
                println!("{failure}");
                f64::NAN.into()
            },
            |pairs| pairs.ratio(|shot| shot.per_second),
        );
        let what = format!("{connections} clients: requests a second / {CONNECTIONS} clients, no errors");
        table.add(Row::new("G2", "×", what, ratio).at_least(goal));
    }
    let memory = small.server.memory()?;
    table.add(Row::new("", "MiB", "memory of the server afterwards", memory));
    Ok(())
}

impl Site {
    /// Loads the prompts, starts the server anew, and reads each once.
    fn create(bench: &Bench, prompts: usize, empty: f64, table: &mut Table) -> Result<Self> {
        let data = Data::create(bench, &format!("growth-{prompts}"))?;
        let what = |rest: &str| format!("{prompts} prompts: {rest}");
        let loaded = load_prompts(bench, &data, prompts)?;
        table.add(Row::new("", "s", what("to load them by pushes of 10,000"), loaded.all));
        table.add(Row::new("", "s", what("the last of these pushes"), loaded.last));
        let server = Server::pinned(bench, &data, &SETTINGS)?;
        let path = format!("/api/prompts/{}/production", name(prompts - 1));
        let ready = server.answered(&data.reader, &path)?.as_secs_f64();
        let row = Row::new("G1", "s", what("from start to the first answer"), ready);
        table.add(row.at_most(10.0).stretch(1.0));
        tool(bench, &["touch", &server.address, &data.reader, &prompts.to_string()])?;
        sleep(IDLE);
        let site = Self { prompts, server, data, empty };
        let row = Row::new("G1", "KB", what("memory a prompt"), site.each()?);
        // With few prompts it is the buffers that are counted.
        table.add(if prompts >= BATCH { row.at_most(2.6) } else { row });
        Ok(site)
    }

    /// Memory of a prompt now, in KB.
    fn each(&self) -> Result<f64> {
        #[expect(clippy::cast_precision_loss, reason = "far below what a float can count")]
        let prompts = self.prompts as f64;
        Ok((self.server.memory()? - self.empty) * 1_048_576.0 / prompts / 1e3)
    }

    fn shot(&self, connections: usize, seconds: u32) -> Result<Shot> {
        let (address, key) = (self.server.address.clone(), self.data.reader.clone());
        let place = Place { address, path: String::new(), key, pids: vec![self.server.pid()] };
        load::wrk_any(&place, self.prompts, connections, seconds)
    }

    /// The median time of a publish, in milliseconds.
    fn publish(&self, bench: &Bench, first: usize, seconds: u32) -> Result<f64> {
        let (first, seconds) = (first.to_string(), seconds.to_string());
        let words = ["publish", &self.server.address, &self.data.admin, "1", &seconds, &first];
        Ok(field(&tool(bench, &words)?, "p50_us")? / 1e3)
    }
}

/// How long it took to load prompts, in seconds.
struct Loaded {
    all: f64,
    last: f64,
}

/// Pushes the prompts with a server that is stopped afterwards.
fn load_prompts(bench: &Bench, data: &Data, prompts: usize) -> Result<Loaded> {
    let server = Server::pinned(bench, data, &SETTINGS)?;
    let path = format!("/api/projects/{PROJECT}/push");
    let (begun, mut last) = (Instant::now(), 0.0);
    for first in (0..prompts).step_by(BATCH) {
        let body = push_body(first..(first + BATCH).min(prompts));
        let pushed = Instant::now();
        http::send(&server.address, &data.admin, "POST", &path, &body)?;
        last = pushed.elapsed().as_secs_f64();
    }
    Ok(Loaded { all: begun.elapsed().as_secs_f64(), last })
}
