//! `lock-version`: freezes a version.

use promptsync_api::versions::LockVersion;

use crate::{Context, args, error::Result, printer::ask, registry::Registry};

pub(super) fn run(args: &args::LockVersion, context: &Context) -> Result {
    let project = context.settings.project()?;
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let question = format!("Lock {} {} for ever?", args.prompt, args.version);
    if !args.yes && context.printer.can_ask && !ask(&question)? {
        context.printer.note("Nothing was locked.");
        return Ok(());
    }
    let body = LockVersion { reason: args.reason.clone() };
    let locking = registry.client.lock_version(project.as_str(), &args.prompt, &args.version, &body);
    let locked = registry.wait(locking)?;
    if context.printer.json {
        return context.printer.json(&locked);
    }
    context.printer.line(format!("{} {} is locked.", locked.prompt, locked.version))
}
