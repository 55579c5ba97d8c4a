//! `edge`: a read-only relay in this process.

use std::{io::Write, time::Duration};

use promptsync_core::names::{AliasName, ProjectName};
use promptsync_server::{
    config::Secret,
    edge::{self, EdgeError, EdgeSettings},
    logging,
};

use super::serve::{config, failed, runtime};
use crate::{
    Context,
    args::Edge,
    error::{CliError, Kind, Result},
};

pub(super) fn run(args: Edge, context: &Context) -> Result {
    let token = match args.token {
        Some(token) => Some(token),
        None => context.settings.api_key()?.map(|key| key.value),
    };
    let token = token.ok_or_else(|| {
        CliError::usage("key_required", "an edge needs a key to read with").hint(
            "make one with `promptsync keys create --role viewer --name edge`, and set PROMPTSYNC_API_KEY",
        )
    })?;
    let alias = |name: &String| {
        AliasName::parse(name).map_err(|error| CliError::usage("name", error.to_string()).hint("see --alias"))
    };
    let project = |name: String| {
        ProjectName::parse(&name)
            .map_err(|error| CliError::usage("name", error.to_string()).hint("see --project"))
    };
    let settings = EdgeSettings {
        upstream: context.settings.url.value.clone(),
        token: Secret(token),
        project: context.settings.project.clone().map(|found| project(found.value)).transpose()?,
        aliases: args.aliases.iter().map(alias).collect::<Result<_>>()?,
        pin: context.settings.public_key.clone().map(|pinned| pinned.value),
        recheck: Duration::from_secs(args.recheck),
    };
    let config = config([
        ("data_dir", args.data_dir.map(|folder| folder.display().to_string())),
        ("listen", args.listen),
    ])?;
    if !logging::start(&config.log) {
        context.printer.warn(format!("the log level `{}` is not known; using warn", config.log));
    }
    let served = runtime()?.block_on(edge::serve(config, settings, |url| {
        let mut out = std::io::stdout().lock();
        // Nobody may be reading; the edge serves all the same.
        let _ = writeln!(out, "listening on {url}").and_then(|()| out.flush());
    }));
    served.map_err(|error| refused(&error))
}

fn refused(error: &EdgeError) -> CliError {
    let mut refused = failed(error);
    let (kind, code, hint) = match error {
        EdgeError::NotAdmitted { .. } => (
            Kind::Auth,
            "not_admitted",
            "check --upstream and the key; without the server an edge starts only where it has run with this key before",
        ),
        EdgeError::ProjectRequired => (Kind::Usage, "project_required", "pass --project NAME"),
        EdgeError::KeyTooNarrow => {
            (Kind::Auth, "insufficient_scope", "make a key for the project, or for one alias of it")
        }
        _ => return refused,
    };
    (refused.kind, refused.code) = (kind, code.to_owned());
    refused.hint(hint)
}
