//! `serve`: the server in this process; and keys made in its data folder.

use std::{collections::BTreeMap, error::Error, io::Write, path::Path};

use promptsync_api::keys::CreateKey;
use promptsync_server::{
    Config,
    config::{ConfigError, Value},
    keys, logging, workspaces,
};

use crate::{
    Context,
    args::{KeysRotateMaster, Serve},
    error::{CliError, Kind, Result},
    printer::Table,
};

pub(super) fn run(args: Serve, context: &Context) -> Result {
    let config = config([
        ("data_dir", args.data_dir.map(|folder| folder.display().to_string())),
        ("listen", args.listen),
        ("database_url", args.database_url),
    ])?;
    if !logging::start(&config.log) {
        context.printer.warn(format!("the log level `{}` is not known; using warn", config.log));
    }
    let runtime = runtime()?;
    let served = runtime.block_on(promptsync_server::serve(config, |url, set_up| {
        let mut out = std::io::stdout().lock();
        // Nobody may be reading; the server serves all the same.
        let _ = writeln!(out, "listening on {url}").and_then(|()| out.flush());
        if let Some(link) = set_up {
            let _ = writeln!(out, "nobody can sign in yet; make the first user here, once: {link}")
                .and_then(|()| out.flush());
        }
    }));
    served.map_err(|error| failed(&error))
}

/// The settings a server would have that is started here without flags, by name.
pub(super) fn settings() -> Result<BTreeMap<&'static str, Value>> {
    Ok(config([])?.values)
}

/// Makes a key in a data folder and prints nothing else.
pub(super) fn create_key(
    folder: &Path,
    database_url: Option<&str>,
    workspace: Option<&str>,
    wanted: &CreateKey,
    context: &Context,
) -> Result {
    let config = offline(folder, database_url)?;
    let made = keys::create_offline(config, workspace, wanted);
    let secret = runtime()?.block_on(made).map_err(|error| failed(&error))?;
    if context.printer.json {
        return context.printer.json(&serde_json::json!({ "secret": secret }));
    }
    context.printer.line(secret)
}

/// Makes a link to a new password in a data folder.
pub(super) fn offer_reset(
    folder: &Path,
    database_url: Option<&str>,
    email: &str,
    context: &Context,
) -> Result {
    let config = config([
        ("data_dir", Some(folder.display().to_string())),
        ("database_url", database_url.map(str::to_owned)),
    ])?;
    let made = promptsync_server::people::offer_reset_offline(config, email);
    let link = runtime()?.block_on(made).map_err(|error| failed(&error))?;
    if context.printer.json {
        return context.printer.json(&serde_json::json!({ "link": link }));
    }
    context.printer.line(link)
}

/// Makes a workspace in a data folder and prints its id.
pub(super) fn create_workspace(
    folder: &Path,
    database_url: Option<&str>,
    name: &str,
    context: &Context,
) -> Result {
    let config = offline(folder, database_url)?;
    let id = runtime()?.block_on(workspaces::create_offline(config, name)).map_err(|error| failed(&error))?;
    if context.printer.json {
        return context.printer.json(&serde_json::json!({ "id": id, "name": name }));
    }
    context.printer.line(id)
}

/// Prints the workspaces of a data folder.
pub(super) fn list_workspaces(folder: &Path, database_url: Option<&str>, context: &Context) -> Result {
    let config = offline(folder, database_url)?;
    let found = runtime()?.block_on(workspaces::list_offline(config)).map_err(|error| failed(&error))?;
    if context.printer.json {
        let found: Vec<_> =
            found.iter().map(|(id, name)| serde_json::json!({ "id": id, "name": name })).collect();
        return context.printer.json(&found);
    }
    let mut table = Table::new(&["ID", "NAME"]);
    for (id, name) in found {
        table.row([id, name.to_string()]);
    }
    context.printer.table(&table)
}

fn offline(folder: &Path, database_url: Option<&str>) -> Result<Config> {
    config([
        ("data_dir", Some(folder.display().to_string())),
        ("database_url", database_url.map(str::to_owned)),
    ])
}

/// Replaces the master key of a data folder and seals everything again.
pub(super) fn rotate_master(args: &KeysRotateMaster, context: &Context) -> Result {
    let config = config([
        ("data_dir", Some(args.data_dir.display().to_string())),
        ("database_url", args.database_url.clone()),
    ])?;
    let printer = context.printer.clone();
    let progress = move |values: u64| printer.note(format!("{values} values sealed again"));
    let rotated = promptsync_server::rotate_master(config, &progress);
    let done = runtime()?.block_on(rotated).map_err(|error| failed(&error))?;
    if context.printer.json {
        return context.printer.json(&serde_json::json!({
            "workspaces": done.workspaces, "values": done.values, "retired": done.retired,
        }));
    }
    context.printer.line(format!(
        "The master key was replaced: {} workspaces have new keys, {} values were sealed again, {} old keys deleted.",
        done.workspaces, done.values, done.retired
    ))
}

pub(super) fn config<const N: usize>(flags: [(&'static str, Option<String>); N]) -> Result<Config> {
    let flags: BTreeMap<_, _> = flags.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    Config::load(&flags).map_err(|error| {
        let hint = match &error {
            ConfigError::Unknown { nearest: Some(name), .. } => Some(format!("did you mean `{name}`?")),
            _ => None,
        };
        let mut error = failed(&error);
        error.kind = Kind::Usage;
        "config".clone_into(&mut error.code);
        error.hints.extend(hint);
        error
    })
}

pub(super) fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| failed(&error))
}

/// A failure of the server, with all its causes.
pub(super) fn failed(error: &dyn Error) -> CliError {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        let words = deeper.to_string();
        if !message.contains(&words) {
            message = format!("{message}: {words}");
        }
        cause = deeper.source();
    }
    CliError::new(Kind::Server, "server", message)
}
