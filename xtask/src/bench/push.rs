//! One publishes, many listen.

use super::{
    Bench,
    figures::{Figure, field},
    http, load,
    prompts::text,
    server::{Data, Server},
    services::Service,
    table::{Row, Table},
};
use crate::steps::Result;

pub(super) const ABOUT: &str = "From the request that moves an alias until the last stream has the whole event: for ours with \
     key, roles, the durable and audited move, its resolution and signature. Beside it, with events of the same length: a \
     raw epoll loop that writes ready bytes to every socket, and pub/sub of Redis. All streams are held by one process on \
     one core, the server has the other. Each turn opens its streams anew and sends several events; its figure is their \
     median.";

/// The longest is the one with goals.
const STREAMS: [usize; 4] = [1, 100, 1_000, 10_000];
/// What the longer event has more than the shorter: 2.3 KB against 256 B.
const LONGER: usize = 2_044;

/// Ours, with the prompt `event` in two versions.
struct Site {
    server: Server,
    data: Data,
}

/// What each turn says.
struct Turn {
    last: f64,
    event: f64,
    stream: f64,
}

/// Time to the last, length of events, memory of streams.
pub(super) fn measure(bench: &Bench, table: &mut Table) -> Result {
    let most = STREAMS[STREAMS.len() - 1];
    let short = Site::create(bench, "push-short", 40)?;
    // Memory first: later turns find what earlier ones left.
    let first = short.turn(bench, most)?;
    let what = format!("memory of the server for a stream at rest, {most} of them");
    table.add(Row::new("P3", "KB", what, first.stream / 1e3).at_most(10.0).stretch(2.0));
    table.add(Row::new("", "bytes", "length of the event", first.event));
    let event = format!("{:.0}", first.event);
    let raw = Server::control(bench, &["streams", &event])?;
    let redis = Service::redis()?;
    for streams in STREAMS {
        let (mut ours, mut bare, mut published) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..bench.pace.turns(9) {
            // Each is first, second and third in turn.
            for place in 0..3 {
                match (number + place) % 3 {
                    0 => ours.push(short.turn(bench, streams)?.last),
                    1 => bare.push(turn(bench, ("http", "none"), &raw.address, raw.pid(), streams)?.last),
                    _ => {
                        let protocol = ("redis", event.as_str());
                        published.push(turn(bench, protocol, &redis.address, redis.pid(), streams)?.last);
                    }
                }
            }
        }
        rows(table, streams, &ours, &bare, &published);
    }
    longer(bench, table, &short, most)
}

fn rows(table: &mut Table, streams: usize, ours: &[f64], raw: &[f64], redis: &[f64]) {
    let ratio = |theirs: &[f64]| Figure::of(ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs));
    let of = |values: &[f64]| Figure::of(values.iter().copied());
    table.add(Row::new("", "ms", format!("{streams} streams: to the last"), of(ours)));
    table.add(Row::new("", "ms", format!("{streams} streams: to the last, raw loop"), of(raw)));
    table.add(Row::new("", "ms", format!("{streams} streams: to the last, Redis"), of(redis)));
    if streams == STREAMS[STREAMS.len() - 1] {
        let what = |name| format!("{streams} streams: to the last / {name}");
        table.add(Row::new("P1", "×", what("raw loop"), ratio(raw)).at_most(1.15).stretch(1.05));
        table.add(Row::new("P1", "×", what("Redis"), ratio(redis)).at_most(1.0).stretch(0.9));
    }
}

/// An event with two kilobytes more, against the short one.
fn longer(bench: &Bench, table: &mut Table, short: &Site, streams: usize) -> Result {
    let long = Site::create(bench, "push-long", 40 + LONGER)?;
    let (mut ratios, mut event) = (Vec::new(), 0.0);
    for number in 0..bench.pace.turns(9) {
        let (first, second) = if number % 2 == 0 { (&long, short) } else { (short, &long) };
        let (first, second) = (first.turn(bench, streams)?, second.turn(bench, streams)?);
        let (long, short) = if number % 2 == 0 { (first, second) } else { (second, first) };
        ratios.push(long.last / short.last);
        event = long.event;
    }
    table.add(Row::new("", "bytes", "length of the longer event", event));
    let what = format!("{streams} streams: to the last, longer event / shorter event");
    table.add(Row::new("P2", "×", what, Figure::of(ratios)).at_most(1.25).stretch(1.1));
    Ok(())
}

impl Site {
    fn create(bench: &Bench, name: &str, bytes: usize) -> Result<Self> {
        let data = Data::create(bench, name)?;
        let server = Server::pinned(bench, &data, &[])?;
        for (number, version, alias) in [(1, "1.0.0", ",\"alias\":\"production\""), (2, "1.0.1", "")] {
            let body = format!(
                "{{\"name\":\"event\",\"version\":\"{version}\",\"content\":\"{}\"{alias}}}",
                text(number, bytes)
            );
            http::send(&server.address, &data.admin, "POST", "/api/prompts", &body)?;
        }
        Ok(Self { server, data })
    }

    fn turn(&self, bench: &Bench, streams: usize) -> Result<Turn> {
        let pid = self.server.pid();
        turn(bench, ("http", &self.data.admin), &self.server.address, pid, streams)
    }
}

/// Opens streams, sends events, closes the streams.
fn turn(
    bench: &Bench,
    (protocol, rest): (&str, &str),
    address: &str,
    pid: u32,
    streams: usize,
) -> Result<Turn> {
    let rounds = if streams < 1_000 { 50 } else { 10 };
    let (streams, rounds, pid) = (streams.to_string(), rounds.to_string(), pid.to_string());
    let output = load::tool(bench, &["fanout", protocol, address, &streams, &rounds, &pid, rest])?;
    Ok(Turn {
        last: field(&output, "last_ms")?,
        event: field(&output, "event_bytes")?,
        stream: field(&output, "bytes_per_stream")?,
    })
}
