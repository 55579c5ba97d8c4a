//! Waiting until running applications have taken over a move.

use std::time::{Duration, Instant};

use promptsync_api::{
    aliases::Alias,
    delivery::{ClientStatus, HeldAlias},
};
use serde::Serialize;

use crate::{
    Context,
    error::{CliError, Kind, Result},
    printer::count,
    registry::Registry,
};

/// The longest time one request waits: the server gives up a little later.
const AT_ONCE: Duration = Duration::from_secs(20);
/// Laggards that are named.
const NAMED: usize = 20;

/// A move and who has it.
#[derive(Debug, Serialize)]
struct Taken<'a> {
    #[serde(flatten)]
    moved: &'a Alias,
    clients: usize,
    up_to_date: usize,
    milliseconds: u128,
}

/// Waits until every application that holds the alias has its move; names those that have not when the time is over.
pub(super) fn wait(
    moved: &Alias,
    timeout: Duration,
    project: &str,
    registry: &Registry,
    context: &Context,
) -> Result {
    let begun = Instant::now();
    loop {
        let left = timeout.saturating_sub(begun.elapsed());
        let asked = registry.client.clients_up_to_date(project, moved.name.as_str(), left.min(AT_ONCE));
        let clients = registry.wait(asked)?;
        // The server speaks of the alias as it is now: somebody may have moved it once more.
        let behind: Vec<_> = clients
            .iter()
            .filter(|client| holds(client, moved).is_none_or(|held| held.revision < moved.revision))
            .collect();
        if behind.is_empty() {
            return done(moved, clients.len(), begun.elapsed(), context);
        }
        if begun.elapsed() >= timeout {
            return Err(late(moved, clients.len(), &behind, timeout));
        }
    }
}

fn done(moved: &Alias, clients: usize, took: Duration, context: &Context) -> Result {
    let milliseconds = took.as_millis();
    if context.printer.json {
        return context.printer.json(&Taken { moved, clients, up_to_date: clients, milliseconds });
    }
    let all = count(clients, "client", "clients");
    context.printer.line(format!("{clients} of {all} on {} in {}", stand(moved), span(took)))
}

fn late(moved: &Alias, clients: usize, behind: &[&ClientStatus], timeout: Duration) -> CliError {
    let all = count(clients, "client", "clients");
    let good = clients - behind.len();
    let message = format!("{good} of {all} on {} after {}", stand(moved), span(timeout));
    let named = behind.iter().take(NAMED).map(|client| laggard(client, moved));
    let more = behind.len().saturating_sub(NAMED);
    let rest = (more > 0).then(|| format!("and {more} more: `promptsync status` lists them"));
    let error = CliError::new(Kind::Check, "clients_behind", message);
    named.chain(rest).fold(error, CliError::hint)
}

fn laggard(client: &ClientStatus, moved: &Alias) -> String {
    let host = client.host.as_deref().unwrap_or("an unknown host");
    let holds = holds(client, moved).map_or_else(|| "nothing".to_owned(), held);
    format!("{} on {host} ({}) holds {holds}", client.service, client.instance)
}

fn holds<'a>(client: &'a ClientStatus, moved: &Alias) -> Option<&'a HeldAlias> {
    client.aliases.get(&moved.name)
}

/// What a client holds, in words: `v1.2.0`, else the revision.
pub(super) fn held(held: &HeldAlias) -> String {
    held.release
        .as_ref()
        .map_or_else(|| format!("revision {}", held.revision), |release| format!("v{release}"))
}

fn stand(moved: &Alias) -> String {
    moved
        .release
        .as_ref()
        .map_or_else(|| format!("revision {}", moved.revision), |release| format!("v{release}"))
}

fn span(time: Duration) -> String {
    match time.as_millis() {
        ms if ms < 1_000 || !ms.is_multiple_of(1_000) && ms < 10_000 => format!("{ms} ms"),
        ms => format!("{} s", ms / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_said_as_exactly_as_it_matters() {
        let said = |ms| span(Duration::from_millis(ms));
        assert_eq!(
            [said(180), said(1_500), said(30_000), said(12_345)],
            ["180 ms", "1500 ms", "30 s", "12 s"]
        );
    }
}
