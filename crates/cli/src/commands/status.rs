//! `status`: the connection, where the aliases stand, and which applications run on what.

use promptsync_api::{aliases::Alias, delivery::ClientStatus, server::Whoami};
use serde::Serialize;

use super::{alias, waiting};
use crate::{
    Context,
    args::Status,
    error::Result,
    printer::{Table, clean_line, count, moment},
    registry::Registry,
};

#[derive(Debug, Serialize)]
struct Shown {
    url: String,
    project: String,
    caller: Whoami,
    aliases: Vec<Alias>,
    clients: Vec<ClientStatus>,
}

pub(super) fn run(args: &Status, context: &Context) -> Result {
    let project = context.settings.project()?;
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let caller = registry.wait(registry.client.whoami())?;
    let mut aliases = registry.wait(registry.client.aliases(project.as_str()))?;
    if let Some(only) = &args.alias {
        aliases.retain(|alias| alias.name.as_str() == only);
    }
    let clients = registry.wait(registry.client.clients(project.as_str(), args.alias.as_deref()))?;
    let url = registry.client.url().to_owned();
    if context.printer.json {
        let project = project.to_string();
        return context.printer.json(&Shown { url, project, caller, aliases, clients });
    }
    let Whoami { name, role, .. } = caller;
    context.printer.note(format!(
        "{url} · project {project} · {} ({})",
        clean_line(&name),
        role.as_deref().unwrap_or("person")
    ));
    alias::list(&aliases, context)?;
    if clients.is_empty() {
        context.printer.note("No application has reported in the last 15 minutes.");
        return Ok(());
    }
    context.printer.line("")?;
    table(&clients, context)?;
    let behind = clients.iter().filter(|client| is_behind(client)).count();
    let misfit = clients.iter().filter(|client| client.compatible == Some(false)).count();
    context.printer.note(format!(
        "{}, {behind} behind, {misfit} that do not fit",
        count(clients.len(), "client", "clients")
    ));
    Ok(())
}

fn table(clients: &[ClientStatus], context: &Context) -> Result {
    let mut table = Table::new(&["SERVICE", "HOST", "SDK", "COMMIT", "BY", "HOLDS", "STATE", "SEEN"]);
    for client in clients {
        let holds = client.aliases.iter().map(|(name, held)| format!("{name} {}", waiting::held(held)));
        let commit = client.git_commit.as_deref().unwrap_or("-");
        table.row([
            client.service.clone(),
            client.host.clone().unwrap_or_else(|| "-".to_owned()),
            format!("{} {}", client.sdk, client.sdk_version),
            commit.chars().take(10).collect(),
            client.transport.clone(),
            holds.collect::<Vec<_>>().join(", "),
            state(client),
            moment(&client.last_seen),
        ]);
    }
    context.printer.table(&table)
}

/// `ok`, `behind`, or what does not fit.
fn state(client: &ClientStatus) -> String {
    let mut words = Vec::new();
    if is_behind(client) {
        words.push("behind".to_owned());
    }
    words.extend(client.problems.first().cloned());
    if words.is_empty() { "ok".to_owned() } else { words.join("; ") }
}

fn is_behind(client: &ClientStatus) -> bool {
    client.aliases.values().any(|held| held.behind)
}
