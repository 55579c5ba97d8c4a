//! `status`: the connection, and where the aliases stand.

use serde::Serialize;

use super::alias;
use crate::{Context, error::Result, printer::clean_line, registry::Registry};

#[derive(Debug, Serialize)]
struct Shown {
    url: String,
    project: String,
    caller: serde_json::Value,
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
    let role = caller["role"].as_str().unwrap_or("unknown role");
    let name = caller["actor"]["name"].as_str().or(caller["name"].as_str()).unwrap_or("this key");
    context.printer.note(format!("{url} · project {project} · {} ({})", clean_line(name), clean_line(role)));
    alias::list(&aliases, context)
}
