//! `keys`: API keys, through the server or straight in its data folder.

use chrono::{DateTime, Utc};
use promptsync_api::keys::{CreateKey, RotateKey};

use crate::{
    Context,
    args::{KeysCommand, KeysCreate, KeysRotate, When},
    error::Result,
    printer::{Table, moment, place},
    registry::Registry,
};

pub(super) fn run(command: &KeysCommand, context: &Context) -> Result {
    match command {
        KeysCommand::Create(args) => create(args, context),
        KeysCommand::List(_) => list(context),
        KeysCommand::Rotate(args) => rotate(args, context),
        KeysCommand::Revoke(args) => {
            let registry = Registry::connect(&context.settings, &context.printer)?;
            registry.wait(registry.client.revoke_key(&args.id))?;
            context.printer.note(format!("{} no longer opens anything.", args.id));
            Ok(())
        }
        KeysCommand::ListSigning => super::signing_keys::list(context),
        KeysCommand::RotateSigning(args) => super::signing_keys::rotate(args, context),
        #[cfg(feature = "serve")]
        KeysCommand::RotateMaster(args) => super::serve::rotate_master(args, context),
        #[cfg(not(feature = "serve"))]
        KeysCommand::RotateMaster(args) => Err(crate::error::CliError::usage(
            "not_built",
            format!("this promptsync has no server in it and cannot open {}", args.data_dir.display()),
        )),
    }
}

fn create(args: &KeysCreate, context: &Context) -> Result {
    // Only a project that was named on purpose narrows a key: one that was merely found could lock its owner out.
    let project = match &context.settings.project {
        Some(_) => Some(context.settings.project()?.to_string()),
        None => None,
    };
    let wanted = CreateKey {
        name: args.name.clone(),
        role: args.role.clone(),
        project,
        module: args.module.clone(),
        environment: args.environment.clone(),
        not_before: args.not_before.map(moment_of),
        expires_at: args.expires.map(moment_of),
    };
    if let Some(folder) = &args.data_dir {
        #[cfg(feature = "serve")]
        return super::serve::create_key(
            folder,
            args.database_url.as_deref(),
            args.workspace.as_deref(),
            &wanted,
            context,
        );
        #[cfg(not(feature = "serve"))]
        return Err(super::no_server(folder));
    }
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let created = registry.wait(registry.client.create_key(&wanted))?;
    if context.printer.json {
        return context.printer.json(&created);
    }
    context.printer.line(created.secret)
}

fn rotate(args: &KeysRotate, context: &Context) -> Result {
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let overlap_seconds = u32::try_from(args.overlap.num_seconds()).unwrap_or(u32::MAX);
    let rotated = registry.wait(registry.client.rotate_key(&args.id, &RotateKey { overlap_seconds }))?;
    if context.printer.json {
        return context.printer.json(&rotated);
    }
    if let Some(until) = &rotated.key.previous_until {
        context.printer.note(format!("the old secret works until {}", moment(until)));
    }
    context.printer.line(rotated.secret)
}

/// The command line is where a span becomes a moment: the server takes moments only.
fn moment_of(when: When) -> DateTime<Utc> {
    #[expect(clippy::disallowed_methods, reason = "a person says `90d` and means from now")]
    match when {
        When::At(moment) => moment,
        When::In(span) => Utc::now() + span,
    }
}

fn list(context: &Context) -> Result {
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let keys = registry.wait(registry.client.keys())?;
    if context.printer.json {
        return context.printer.json(&keys);
    }
    let mut table = Table::new(&["ID", "NAME", "ROLE", "OPENS", "KEY", "CREATED", "USED", "STATE"]);
    for key in &keys {
        let state = match (&key.revoked_at, &key.expires_at) {
            (Some(at), _) => format!("revoked {}", moment(at)),
            (None, Some(at)) => format!("until {}", moment(at)),
            (None, None) => "active".to_owned(),
        };
        table.row([
            key.id.to_string(),
            key.name.clone(),
            key.role.clone(),
            place(key.project.as_ref(), key.module.as_ref(), key.environment.as_ref()),
            key.masked.clone(),
            moment(&key.created_at),
            key.last_used_at.as_ref().map_or_else(|| "never".to_owned(), moment),
            state,
        ]);
    }
    context.printer.table(&table)
}
