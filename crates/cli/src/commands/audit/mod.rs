//! `audit`: what happened, and the proof that nothing of it was changed.

#[cfg(feature = "serve")]
mod database;
mod export;
mod published;
mod reading;
mod verify;
mod witness;

use crate::{
    Context, Exit,
    args::{AuditCommand, AuditList},
    error::Result,
    printer::{Table, actor, moment},
    registry::Registry,
};

pub(super) fn run(command: &AuditCommand, context: &Context) -> Result<Exit> {
    match command {
        AuditCommand::List(args) => list(args, context).map(|()| Exit::SUCCESS),
        AuditCommand::Export(args) => export::run(args, context).map(|()| Exit::SUCCESS),
        AuditCommand::Verify(args) => verify::run(args, context),
        AuditCommand::Witness(args) => witness::run(args, context),
    }
}

fn list(args: &AuditList, context: &Context) -> Result {
    // Only a project that was named on purpose narrows the list, not one that was merely found.
    let project = match &context.settings.project {
        Some(_) => Some(context.settings.project()?.to_string()),
        None => None,
    };
    let wanted = [
        ("actor", &args.actor),
        ("action", &args.action),
        ("target", &args.target),
        ("since", &args.since),
        ("until", &args.until),
        ("project", &project),
    ];
    let query: Vec<_> = wanted.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let entries = registry.wait(registry.client.audit(&query, args.limit))?;
    if context.printer.json {
        return context.printer.json(&entries);
    }
    let mut table =
        Table::new(&["REVISION", "AT", "ACTION", "TARGET", "BY", "FOR", "FROM", "PROJECT", "REASON"]);
    for logged in &entries {
        let entry = &logged.entry;
        let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        table.row([
            logged.revision.to_string(),
            moment(&entry.at),
            entry.action.clone(),
            entry.target.clone(),
            actor(&entry.actor),
            entry.on_behalf_of.as_ref().map_or_else(|| "-".to_owned(), actor),
            or_dash(&entry.address),
            or_dash(&entry.project),
            or_dash(&entry.reason),
        ]);
    }
    context.printer.table(&table)
}
