//! Publishes that are durable when they are answered.

use super::{
    Bench,
    figures::{Pairs, field},
    load::tool,
    machine::SERVERS,
    server::{Data, Server, scratch},
    table::{Row, Table},
};
use crate::steps::{Result, capture};

pub(super) const ABOUT: &str = "`POST /api/prompts` with a new version of 2 KB, in a project of 256 prompts on SQLite: the \
     rules, sealed document, signed version, release and chained audit entry are durable before the answer; the search \
     index follows within five seconds, on the same core. Beside it a loop that commits one small row at a time to an \
     SQLite file of the same folder (WAL, `synchronous=FULL`), with nothing between it and the library.";

/// Clients, and the goals with so many.
const CLIENTS: [(usize, f64, f64); 3] = [(1, 0.35, 0.5), (8, 1.5, 2.0), (64, 3.0, 4.0)];
/// More than one turn can publish: each turn's texts begin beyond those of the turn before.
const TEXTS: usize = 1_000_000;

/// Publishes a second, from the first to the durable answer.
pub(super) fn measure(bench: &Bench, table: &mut Table) -> Result {
    let data = Data::create(bench, "writes")?;
    let server = Server::pinned(bench, &data, &[])?;
    let folder = scratch("commits")?;
    let folder = folder.to_str().ok_or("a path that is not text")?;
    let seconds = bench.pace.seconds(3).to_string();
    let mut first = 0;
    for (clients, goal, stretch) in CLIENTS {
        let (mut hundredth, mut aliased) = (0.0, 0.0);
        let mut publish = |alias: Option<&str>| {
            first += TEXTS;
            let (clients, first) = (clients.to_string(), first.to_string());
            let mut words = vec!["publish", &server.address, &data.admin, &clients, &seconds, &first];
            words.extend(alias);
            tool(bench, &words)
        };
        let pairs = Pairs::measure(
            bench.pace.turns(7),
            || {
                let output = publish(None)?;
                hundredth = field(&output, "p99_us")? / 1e3;
                field(&output, "per_second")
            },
            || field(&capture(SERVERS.run(&bench.tools).args(["commits", folder, &seconds]))?, "per_second"),
        )?;
        aliased += field(&publish(Some("dev"))?, "per_second")?;
        let what = |rest: &str| format!("{clients} clients: {rest}");
        table.add(Row::new("", "/s", what("publishes a second"), pairs.ours(|value| *value)));
        table.add(Row::new("", "/s", what("row commits a second, bare loop"), pairs.theirs(|value| *value)));
        let ratio = pairs.ratio(|value| *value);
        table
            .add(Row::new("W1", "×", what("publishes / row commits"), ratio).at_least(goal).stretch(stretch));
        table.add(Row::new("", "ms", what("latency that 1 in 100 exceeds, last turn"), hundredth));
        table.add(Row::new("", "/s", what("publishes a second that also move an alias, once"), aliased));
    }
    Ok(())
}
