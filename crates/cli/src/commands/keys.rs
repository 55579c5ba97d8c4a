//! `keys`: API keys, through the server or straight in its data folder.

use promptsync_api::keys::CreateKey;

use crate::{
    Context,
    args::{KeysCommand, KeysCreate},
    error::Result,
    printer::{Table, moment},
    registry::Registry,
};

pub(super) fn run(command: &KeysCommand, context: &Context) -> Result {
    match command {
        KeysCommand::Create(args) => create(args, context),
        KeysCommand::List(_) => list(context),
        KeysCommand::Revoke(args) => {
            let registry = Registry::connect(&context.settings, &context.printer)?;
            registry.wait(registry.client.revoke_key(&args.id))?;
            context.printer.note(format!("{} no longer opens anything.", args.id));
            Ok(())
        }
    }
}

fn create(args: &KeysCreate, context: &Context) -> Result {
    // Only a project that was named on purpose narrows a key: one that was merely found could lock its owner out.
    let project = match &context.settings.project {
        Some(_) => Some(context.settings.project()?.to_string()),
        None => None,
    };
    let wanted = CreateKey { name: args.name.clone(), role: args.role, project, expires_at: None };
    if let Some(folder) = &args.data_dir {
        #[cfg(feature = "serve")]
        return super::serve::create_key(folder, args.database_url.as_deref(), &wanted, context);
        #[cfg(not(feature = "serve"))]
        return Err(crate::error::CliError::usage(
            "not_built",
            format!("this promptsync has no server in it and cannot open {}", folder.display()),
        ));
    }
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let created = registry.wait(registry.client.create_key(&wanted))?;
    if context.printer.json {
        return context.printer.json(&created);
    }
    context.printer.line(created.secret)
}

fn list(context: &Context) -> Result {
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let keys = registry.wait(registry.client.keys())?;
    if context.printer.json {
        return context.printer.json(&keys);
    }
    let mut table = Table::new(&["ID", "NAME", "ROLE", "PROJECT", "KEY", "CREATED", "STATE"]);
    for key in &keys {
        let state = match (&key.revoked_at, &key.expires_at) {
            (Some(at), _) => format!("revoked {}", moment(at)),
            (None, Some(at)) => format!("until {}", moment(at)),
            (None, None) => "active".to_owned(),
        };
        table.row([
            key.id.to_string(),
            key.name.clone(),
            key.role.as_str().to_owned(),
            key.project.as_ref().map_or_else(|| "every".to_owned(), ToString::to_string),
            key.masked.clone(),
            moment(&key.created_at),
            state,
        ]);
    }
    context.printer.table(&table)
}
