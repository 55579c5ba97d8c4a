//! One prompt, asked for again and again.

use std::{fs, path::PathBuf};

use super::{
    Bench,
    figures::Pairs,
    http,
    load::{self, Place, Shot},
    prompts::text,
    server::{Data, Server, scratch},
    services::Service,
    table::{Row, Table},
};
use crate::steps::Result;

pub(super) const ABOUT: &str = "GET of a prompt by alias, 2,048 bytes of JSON, with a key whose role is checked, rates, a \
     variant chosen by a tag, a canary drawn by unit, and each read counted for the audit log. Beside it, with the same \
     bytes: bare axum (no key, nothing counted), nginx with a static file, axum that asks Redis at each request, FastAPI \
     with uvicorn that does so, and Redis itself, asked by redis-benchmark. 64 connections over loopback, wrk on one core, \
     the servers on the other; what FastAPI and axum need of Redis is on their side. Unleash Edge takes 25 minutes to build \
     and is not part of the run.";

const CONNECTIONS: usize = 64;
const NAME: &str = "customer_support";
const BYTES: usize = 2_048;
/// Of the text, so that the whole answer is as long as it should be.
const TEXT: usize = 815;
const PATH: &str = "/api/prompts/customer_support/production?unit=user-17&tags=locale=de";

/// Ours, with the prompt in it.
struct Site {
    server: Server,
    data: Data,
    /// The answer's bytes, for the others.
    answer: PathBuf,
}

/// Requests a second, processor time and latency, beside each of the others.
pub(super) fn measure(bench: &Bench, table: &mut Table) -> Result {
    load::prepare()?;
    let site = Site::create(bench)?;
    let answer = site.answer.to_str().ok_or("a path that is not text")?.to_owned();
    let ours = site.place();
    {
        let axum = Server::control(bench, &["axum", &answer])?;
        let theirs = control(&axum, &[]);
        site.check(&theirs)?;
        let pairs = pairs(bench, 21, &ours, &theirs)?;
        table.add(Row::new("", "/s", "requests a second", pairs.ours(|shot| shot.per_second)));
        table.add(Row::new("", "/s", "requests a second, bare axum", pairs.theirs(|shot| shot.per_second)));
        table.add(Row::new("", "µs", "processor time of a request", pairs.ours(|shot| shot.cost)));
        let ratio = pairs.ratio(|shot| shot.per_second);
        table.add(Row::new("D1", "×", "requests a second / bare axum", ratio).at_least(0.85).stretch(1.0));
        let ratio = pairs.ratio(|shot| shot.cost);
        table.add(
            Row::new("D2", "×", "processor time of a request / bare axum", ratio).at_most(1.15).stretch(1.0),
        );
        rates(bench, table, &ours, &theirs)?;
    }
    beside(
        bench,
        table,
        &site,
        ("nginx, static file", 1.25, 1.5),
        &Service::nginx(&site.answer)?.place(&[]),
    )?;
    let redis = Service::redis()?;
    redis.hold(&site.answer)?;
    {
        let axum = Server::control(bench, &["axum-redis", &redis.address])?;
        let theirs = control(&axum, &[redis.pid()]);
        beside(bench, table, &site, ("axum + Redis", 1.3, 1.5), &theirs)?;
    }
    {
        let fastapi = Service::fastapi(&redis)?;
        let theirs = fastapi.place(&[redis.pid()]);
        beside(bench, table, &site, ("FastAPI + Redis", 25.0, 30.0), &theirs)?;
    }
    let seconds = bench.pace.seconds(2);
    let pairs = Pairs::measure(
        bench.pace.turns(11),
        || Ok(load::wrk(&ours, CONNECTIONS, seconds)?.per_second),
        || redis.gets(seconds * 60_000),
    )?;
    let ratio = pairs.ratio(|per_second| *per_second);
    table.add(Row::new("D4", "×", "requests a second / GET of Redis", ratio).at_least(1.0).stretch(1.25));
    let memory = site.server.memory()?;
    table.add(Row::new("", "MiB", "memory of the server afterwards", memory));
    Ok(())
}

/// Requests a second beside one of the others.
fn beside(
    bench: &Bench,
    table: &mut Table,
    site: &Site,
    (name, goal, stretch): (&str, f64, f64),
    theirs: &Place,
) -> Result {
    site.check(theirs)?;
    let pairs = pairs(bench, 11, &site.place(), theirs)?;
    let ratio = pairs.ratio(|shot| shot.per_second);
    let what = format!("requests a second / {name}");
    table.add(Row::new("D3", "×", what, ratio).at_least(goal).stretch(stretch));
    Ok(())
}

/// Latency from the moment a request was due.
fn rates(bench: &Bench, table: &mut Table, ours: &Place, theirs: &Place) -> Result {
    for per_second in [5_000, 10_000] {
        let seconds = bench.pace.seconds(3);
        let pairs = Pairs::measure(
            bench.pace.turns(7),
            || load::at_rate(bench, ours, per_second, seconds),
            || load::at_rate(bench, theirs, per_second, seconds),
        )?;
        let what = format!("median latency at {per_second} a second");
        table.add(Row::new("", "µs", what.clone(), pairs.ours(|latency| latency.half)));
        let ratio = pairs.ratio(|latency| latency.half);
        table.add(Row::new("D5", "×", format!("{what} / bare axum"), ratio).at_most(1.15).stretch(1.05));
        if per_second == 10_000 {
            let hundredth = pairs.ours(|latency| latency.hundredth / 1e3);
            let what = "latency that 1 in 100 exceeds, at 10000 a second";
            table.add(Row::new("D5", "ms", what, hundredth).at_most(0.5).stretch(0.25));
            let hundredth = pairs.theirs(|latency| latency.hundredth / 1e3);
            table.add(Row::new("", "ms", format!("{what}, bare axum"), hundredth));
        }
    }
    Ok(())
}

fn pairs(bench: &Bench, turns: usize, ours: &Place, theirs: &Place) -> Result<Pairs<Shot>> {
    let shot = |place: &Place| load::wrk(place, CONNECTIONS, bench.pace.seconds(2));
    Pairs::measure(bench.pace.turns(turns), || shot(ours), || shot(theirs))
}

fn control(server: &Server, others: &[u32]) -> Place {
    let pids = std::iter::once(server.pid()).chain(others.iter().copied()).collect();
    Place { address: server.address.clone(), path: "/prompt".to_owned(), key: String::new(), pids }
}

impl Site {
    fn create(bench: &Bench) -> Result<Self> {
        let data = Data::create(bench, "delivery")?;
        let server = Server::pinned(bench, &data, &[])?;
        let publish = |number: usize, version: &str, alias: &str| {
            let (base, variant) = (text(number, TEXT), text(number + 10, TEXT));
            let body = format!(
                "{{\"name\":\"{NAME}\",\"version\":\"{version}\",\"content\":\"{base}\",{alias}\
                 \"variants\":[{{\"tags\":{{\"locale\":\"de\"}},\"content\":\"{variant}\"}}]}}"
            );
            http::send(&server.address, &data.admin, "POST", "/api/prompts", &body)
        };
        publish(1, "1.0.0", "\"alias\":\"production\",")?;
        publish(2, "1.1.0", "")?;
        let canary = format!(
            "{{\"alias\":\"production\",\"prompt\":\"{NAME}\",\"version\":\"1.1.0\",\"percentage\":10}}"
        );
        http::send(&server.address, &data.admin, "POST", "/api/canary", &canary)?;
        let answer = http::send(&server.address, &data.reader, "GET", PATH, "")?;
        for part in ["\"split\":{", "\"variant\":{"] {
            if !answer.contains(part) {
                return Err(format!("the answer has no {part}: {answer}").into());
            }
        }
        if answer.len().abs_diff(BYTES) > BYTES / 50 {
            return Err(format!("the answer is {} bytes long: {answer}", answer.len()).into());
        }
        let path = scratch("answers")?.join("prompt.json");
        fs::write(&path, answer)?;
        Ok(Self { server, data, answer: path })
    }

    /// Where ours answers, and whose processor time that takes.
    fn place(&self) -> Place {
        let (address, key) = (self.server.address.clone(), self.data.reader.clone());
        Place { address, path: PATH.to_owned(), key, pids: vec![self.server.pid()] }
    }

    /// Before it is timed, another server must answer with the same bytes.
    fn check(&self, other: &Place) -> Result {
        let theirs = http::send(&other.address, "", "GET", &other.path, "")?;
        if theirs == fs::read_to_string(&self.answer)? {
            Ok(())
        } else {
            Err(format!("{} answers with other bytes: {theirs}", other.address).into())
        }
    }
}
