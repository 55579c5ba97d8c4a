//! `history`: what changed, by whom and when.

use serde_json::Value;

use crate::{Context, args::History, error::Result, printer::Table, registry::Registry};

pub(super) fn run(args: &History, context: &Context) -> Result {
    let project = context.settings.project()?;
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let entries = registry.wait(registry.client.history(project.as_str(), args.prompt.as_deref()))?;
    if context.printer.json {
        return context.printer.json(&entries);
    }
    let text = |entry: &Value, field: &str| match &entry[field] {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    };
    let mut table = Table::new(&["REVISION", "ACTION", "TARGET", "AT", "BY", "REASON"]);
    for entry in &entries {
        let by = entry["actor"]["name"].as_str().or(entry["actor"]["kind"].as_str()).unwrap_or("-");
        table.row([
            text(entry, "revision"),
            text(entry, "action"),
            text(entry, "target"),
            text(entry, "at"),
            by.to_owned(),
            text(entry, "reason"),
        ]);
    }
    context.printer.table(&table)
}
