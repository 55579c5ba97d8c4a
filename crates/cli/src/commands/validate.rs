//! `validate`: checks prompt files, and what code needs against what an alias or version offers.

use serde::Serialize;

use crate::{Context, args::Validate, error::Result, git::Repository, local::Local};

#[derive(Debug, Serialize)]
struct Done {
    prompts: usize,
    warnings: Vec<promptsync_core::problem::Problem>,
}

pub(super) fn run(args: &Validate, context: &Context) -> Result {
    let folder = context.settings.prompts(&args.folder);
    let local = match &args.git_commit {
        None => Local::read(&folder)?,
        Some(commit) => {
            let repository = Repository::find(&context.settings.folder)?;
            let commit = repository.commit(commit)?;
            Local::at_commit(&repository, &commit, &folder)?
        }
    };
    let warnings = local.check()?;
    if context.printer.json {
        return context.printer.json(&Done { prompts: local.drafts.len(), warnings });
    }
    context.printer.warnings(&warnings);
    context.printer.line(format!("{} prompts are valid.", local.drafts.len()))
}
