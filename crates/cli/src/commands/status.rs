//! `status`: the connection, and where the aliases stand.

use promptsync_api::server::Whoami;
use serde::Serialize;

use super::alias;
use crate::{Context, error::Result, printer::clean_line, registry::Registry};

#[derive(Debug, Serialize)]
struct Shown {
    url: String,
    project: String,
    caller: Whoami,
    aliases: Vec<promptsync_api::aliases::Alias>,
}

pub(super) fn run(context: &Context) -> Result {
    let project = context.settings.project()?;
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let caller = registry.wait(registry.client.whoami())?;
    let aliases = registry.wait(registry.client.aliases(project.as_str()))?;
    let url = registry.client.url().to_owned();
    if context.printer.json {
        return context.printer.json(&Shown { url, project: project.to_string(), caller, aliases });
    }
    let Whoami { name, role, .. } = caller;
    context.printer.note(format!(
        "{url} · project {project} · {} ({})",
        clean_line(&name),
        role.as_deref().unwrap_or("person")
    ));
    alias::list(&aliases, context)
}
