//! `history`: what changed, by whom and when.

use crate::{
    Context,
    args::History,
    error::Result,
    printer::{Table, actor, moment},
    registry::Registry,
};

pub(super) fn run(args: &History, context: &Context) -> Result {
    let project = context.settings.project()?;
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let entries = registry.wait(registry.client.history(project.as_str(), args.prompt.as_deref()))?;
    if context.printer.json {
        return context.printer.json(&entries);
    }
    let mut table = Table::new(&["REVISION", "ACTION", "TARGET", "AT", "BY", "REASON"]);
    for entry in &entries {
        table.row([
            entry.revision.to_string(),
            entry.action.clone(),
            entry.target.clone(),
            moment(&entry.at),
            actor(&entry.actor),
            entry.reason.clone().unwrap_or_else(|| "-".to_owned()),
        ]);
    }
    context.printer.table(&table)
}
