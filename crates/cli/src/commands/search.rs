//! `search`: prompts by words and tags.

use super::list;
use crate::{
    Context,
    args::Search,
    error::{CliError, Result},
    registry::Registry,
};

pub(super) fn run(args: &Search, context: &Context) -> Result {
    if args.query.is_empty() && args.tags.is_empty() {
        return Err(CliError::usage("usage", "nothing to search for").hint("pass words, --tag, or both"));
    }
    let project = context.settings.project()?;
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let words = args.query.join(" ");
    let found = registry.wait(registry.client.search(project.as_str(), &words, &args.tags))?;
    if found.is_empty() {
        context.printer.note("No prompt fits.");
    }
    list::show(&found, context)
}
