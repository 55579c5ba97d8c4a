//! `session`: the sessions one has.

use crate::{
    Context,
    args::SessionCommand,
    error::Result,
    printer::{Table, clean_line, moment},
    registry::Registry,
};

pub(super) fn run(command: &SessionCommand, context: &Context) -> Result {
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let id = match command {
        SessionCommand::List(_) => return list(&registry, context),
        SessionCommand::End(args) => &args.id,
    };
    registry.wait(registry.client.end_session(id))?;
    context.printer.note(format!("{} has ended.", clean_line(id)));
    Ok(())
}

fn list(registry: &Registry, context: &Context) -> Result {
    let sessions = registry.wait(registry.client.sessions())?;
    if context.printer.json {
        return context.printer.json(&sessions);
    }
    let mut table = Table::new(&["ID", "CLIENT", "OPENED", "RENEWED", "UNTIL", "THIS ONE"]);
    for session in &sessions {
        table.row([
            session.id.to_string(),
            session.client.clone(),
            moment(&session.created_at),
            moment(&session.refreshed_at),
            moment(&session.ends_at),
            if session.current { "yes".to_owned() } else { String::new() },
        ]);
    }
    context.printer.table(&table)
}
