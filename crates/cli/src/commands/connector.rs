//! `connector`: other systems that a workspace set up.

use std::{io::Read as _, path::Path};

use promptsync_api::connectors::{Credential, SetConnector};
use serde_json::{Map, Value};

use crate::{
    Context,
    args::{ConnectorCommand, ConnectorSet},
    error::{CliError, Kind, Result},
    printer::{Table, moment},
    registry::Registry,
};

/// The most that is read of a file with a credential, in bytes.
const LARGEST: u64 = 64 << 10;

pub(super) fn run(command: &ConnectorCommand, context: &Context) -> Result {
    let registry = Registry::connect(&context.settings, &context.printer)?;
    match command {
        ConnectorCommand::Set(args) => set(args, &registry, context),
        ConnectorCommand::List(_) => list(&registry, context),
        ConnectorCommand::Remove(args) => {
            registry.wait(registry.client.remove_connector(&args.name))?;
            context.printer.note(format!("{} is gone.", args.name));
            Ok(())
        }
        ConnectorCommand::Test(args) => {
            let outcome = registry.wait(registry.client.test_connector(&args.name))?;
            if context.printer.json {
                context.printer.json(&outcome)?;
            } else if outcome.works {
                context.printer.line(format!("{} works", outcome.name))?;
            }
            match outcome.problem {
                None => Ok(()),
                Some(problem) => {
                    let message = format!("{} does not work: {problem}", outcome.name);
                    Err(CliError::new(Kind::Check, "secret_unavailable", message))
                }
            }
        }
    }
}

fn set(args: &ConnectorSet, registry: &Registry, context: &Context) -> Result {
    let wanted = SetConnector {
        kind: args.kind,
        url: args.at.clone(),
        settings: settings(&args.settings)?,
        credential: args.credential_file.as_deref().map(credential).transpose()?,
    };
    let set = registry.wait(registry.client.set_connector(&args.name, &wanted))?;
    if context.printer.json {
        return context.printer.json(&set);
    }
    context.printer.line(format!("{} leads to {}", set.name, set.url.as_deref().unwrap_or(set.kind.as_str())))
}

fn list(registry: &Registry, context: &Context) -> Result {
    let connectors = registry.wait(registry.client.connectors())?;
    if context.printer.json {
        return context.printer.json(&connectors);
    }
    let mut table = Table::new(&["NAME", "KIND", "URL", "CREDENTIAL", "CHANGED"]);
    for connector in &connectors {
        let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        table.row([
            connector.name.to_string(),
            connector.kind.as_str().to_owned(),
            or_none(&connector.url),
            or_none(&connector.credential),
            moment(&connector.updated_at),
        ]);
    }
    context.printer.table(&table)
}

/// Values that begin with a brace are JSON, every other is text.
fn settings(pairs: &[(String, String)]) -> Result<Map<String, Value>> {
    let read = |(name, text): &(String, String)| {
        let value = if text.starts_with('{') {
            serde_json::from_str(text)
                .map_err(|error| CliError::usage("json_syntax", format!("--setting {name}: {error}")))?
        } else {
            Value::String(text.clone())
        };
        Ok((name.clone(), value))
    };
    pairs.iter().map(read).collect()
}

/// The credential in a file, without the line break at its end. It is never an argument, which others could see.
fn credential(path: &Path) -> Result<Credential> {
    let failed = |error: &std::io::Error| CliError::file("read", path, error);
    let mut text = String::new();
    if path.as_os_str() == "-" {
        std::io::stdin().take(LARGEST).read_to_string(&mut text).map_err(|error| failed(&error))?;
    } else {
        let file = std::fs::File::open(path).map_err(|error| failed(&error))?;
        file.take(LARGEST).read_to_string(&mut text).map_err(|error| failed(&error))?;
    }
    Ok(Credential(text.trim_end().to_owned()))
}
