//! `workspace`: made, listed, renamed; through the server or straight in its data folder.

use promptsync_api::workspaces::NameWorkspace;

use crate::{
    Context,
    args::{WorkspaceCommand, WorkspaceCreate, WorkspaceList},
    error::Result,
    printer::{Table, moment},
    registry::Registry,
};

pub(super) fn run(command: &WorkspaceCommand, context: &Context) -> Result {
    match command {
        WorkspaceCommand::Create(args) => create(args, context),
        WorkspaceCommand::List(args) => list(args, context),
        WorkspaceCommand::Rename(args) => {
            let registry = Registry::connect(&context.settings, &context.printer)?;
            let wanted = NameWorkspace { name: args.name.clone() };
            let renamed = registry.wait(registry.client.rename_workspace(&args.workspace, &wanted))?;
            if context.printer.json {
                return context.printer.json(&renamed);
            }
            context.printer.line(format!("{}\t{}", renamed.id, renamed.name))
        }
    }
}

fn create(args: &WorkspaceCreate, context: &Context) -> Result {
    if let Some(folder) = &args.offline.data_dir {
        #[cfg(feature = "serve")]
        return super::serve::create_workspace(
            folder,
            args.offline.database_url.as_deref(),
            &args.name,
            context,
        );
        #[cfg(not(feature = "serve"))]
        return Err(super::no_server(folder));
    }
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let made = registry.wait(registry.client.create_workspace(&NameWorkspace { name: args.name.clone() }))?;
    if context.printer.json {
        return context.printer.json(&made);
    }
    context.printer.line(made.id.as_str())
}

fn list(args: &WorkspaceList, context: &Context) -> Result {
    if let Some(folder) = &args.offline.data_dir {
        #[cfg(feature = "serve")]
        return super::serve::list_workspaces(folder, args.offline.database_url.as_deref(), context);
        #[cfg(not(feature = "serve"))]
        return Err(super::no_server(folder));
    }
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let found = registry.wait(registry.client.workspaces())?;
    if context.printer.json {
        return context.printer.json(&found);
    }
    let mut table = Table::new(&["ID", "NAME", "CREATED", ""]);
    for workspace in &found {
        let mark = if workspace.current { "current" } else { "" };
        table.row([
            workspace.id.to_string(),
            workspace.name.to_string(),
            moment(&workspace.created_at),
            mark.to_owned(),
        ]);
    }
    context.printer.table(&table)
}
