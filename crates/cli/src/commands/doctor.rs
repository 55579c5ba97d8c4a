//! `doctor`: checks that everything is set up, and says what to do where it is not.

use std::path::Path;

use serde::Serialize;

use crate::{
    Context, Exit,
    args::Doctor,
    error::{CliError, Result},
    git::Repository,
    local::Local,
    printer::clean_line,
    registry::Registry,
    settings::PROJECT_FILE,
};

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    ok: bool,
    /// Whether the set-up works without it.
    optional: bool,
    found: String,
    hint: Option<String>,
}

pub(super) fn run(args: &Doctor, context: &Context) -> Result<Exit> {
    let mut checks = vec![project_file(context), git(context), project(context), prompts(context)];
    checks.extend(server(context));
    checks.extend(args.data_dir.as_deref().map(data_dir));
    #[cfg(feature = "serve")]
    checks.extend(args.data_dir.as_deref().and_then(|folder| database(folder, args.database_url.as_deref())));
    if context.printer.json {
        context.printer.json(&checks)?;
    } else {
        for check in &checks {
            let mark = match (check.ok, check.optional) {
                (true, _) => "ok  ",
                (false, true) => "note",
                (false, false) => "fail",
            };
            context.printer.line(format!("{mark}  {:<12} {}", check.name, clean_line(&check.found)))?;
            if let Some(hint) = &check.hint {
                context.printer.line(format!("      {:<12} {}", "", clean_line(hint)))?;
            }
        }
    }
    let healthy = checks.iter().all(|check| check.ok || check.optional);
    Ok(if healthy { Exit::SUCCESS } else { Exit::from(1) })
}

fn good(name: &'static str, found: impl Into<String>) -> Check {
    Check { name, ok: true, optional: false, found: found.into(), hint: None }
}

fn bad(name: &'static str, error: CliError) -> Check {
    Check { name, ok: false, optional: false, found: error.message, hint: error.hints.into_iter().next() }
}

fn project_file(context: &Context) -> Check {
    match &context.settings.root {
        Some(root) => good("config", root.join(PROJECT_FILE).display().to_string()),
        None => Check {
            optional: true,
            ..bad(
                "config",
                CliError::usage("config", format!("no {PROJECT_FILE} here or above"))
                    .hint("write one with `promptsync init`"),
            )
        },
    }
}

fn git(context: &Context) -> Check {
    match Repository::find(&context.settings.folder) {
        Ok(repository) => good("git", repository.root().display().to_string()),
        Err(error) => Check { optional: true, ..bad("git", error) },
    }
}

fn project(context: &Context) -> Check {
    let source = context.settings.find_project().map(|found| found.source.to_string()).unwrap_or_default();
    match context.settings.project() {
        Ok(project) => good("project", format!("{project} (from {source})")),
        Err(error) => bad("project", error),
    }
}

fn prompts(context: &Context) -> Check {
    let folder = &context.settings.path.value;
    match Local::read(folder).and_then(|local| local.check().map(|_| local)) {
        Ok(local) => good("prompts", format!("{} in {}", local.drafts.len(), folder.display())),
        Err(error) => {
            let hint = if error.hints.is_empty() { error.hint("see `promptsync validate`") } else { error };
            Check { optional: true, ..bad("prompts", hint) }
        }
    }
}

/// Reachable, of our version, and opened by the key: each only when the one before holds.
fn server(context: &Context) -> Vec<Check> {
    let registry = match Registry::connect(&context.settings, &context.printer) {
        Ok(registry) => registry,
        Err(error) => return vec![bad("server", error)],
    };
    let mut checks = Vec::new();
    match registry.wait(registry.client.server_version()) {
        Err(error) => return vec![bad("server", error)],
        Ok(answer) => {
            checks.push(good("server", registry.client.url()));
            let ours = env!("CARGO_PKG_VERSION");
            let theirs = answer.version;
            checks.push(if ours == theirs {
                good("version", ours)
            } else {
                let error = CliError::usage("version", format!("this is {ours}, the server is {theirs}"));
                Check { optional: true, ..bad("version", error.hint("use the same version on both sides")) }
            });
        }
    }
    checks.push(match registry.wait(registry.client.whoami()) {
        Ok(caller) => {
            good("key", format!("{} ({})", caller.name, caller.role.as_deref().unwrap_or("person")))
        }
        Err(error) => bad("key", error),
    });
    checks
}

fn data_dir(folder: &Path) -> Check {
    let fail = |words: String| {
        let error = CliError::usage("data_dir", words);
        bad("data folder", error.hint("it must be a folder that the server's user may write"))
    };
    match std::fs::metadata(folder) {
        Err(error) => fail(format!("{}: {error}", folder.display())),
        Ok(meta) if !meta.is_dir() => fail(format!("{} is not a folder", folder.display())),
        Ok(meta) if meta.permissions().readonly() => fail(format!("{} cannot be written", folder.display())),
        Ok(_) => good("data folder", folder.display().to_string()),
    }
}

/// The role that the server of this data folder connects to PostgreSQL as; nothing when it uses SQLite.
#[cfg(feature = "serve")]
fn database(folder: &Path, url: Option<&str>) -> Option<Check> {
    use super::serve::{config, failed, runtime};
    let config =
        config([("data_dir", Some(folder.display().to_string())), ("database_url", url.map(str::to_owned))]);
    let passes = config.and_then(|config| {
        runtime()?.block_on(promptsync_server::passes_walls(&config)).map_err(|error| failed(&error))
    });
    Some(match passes {
        Ok(None) => return None,
        Ok(Some(false)) => good("database", "its role is held by row-level security"),
        Ok(Some(true)) => {
            let words =
                "its role is a superuser or has BYPASSRLS: row-level security does not hold the server";
            let error = CliError::usage("database", words);
            Check {
                optional: true,
                ..bad("database", error.hint("docs/operations/postgresql.md says how to set up another"))
            }
        }
        Err(error) => bad("database", error),
    })
}
