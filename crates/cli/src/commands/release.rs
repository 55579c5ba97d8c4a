//! `release`: numbered states of the whole project.

use crate::{
    Context,
    args::ReleaseCommand,
    error::Result,
    printer::{Table, actor, moment},
    registry::Registry,
};

pub(super) fn run(command: &ReleaseCommand, context: &Context) -> Result {
    let ReleaseCommand::List = command;
    let project = context.settings.project()?;
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let releases = registry.wait(registry.client.releases(project.as_str()))?;
    if context.printer.json {
        return context.printer.json(&releases);
    }
    let mut table = Table::new(&["RELEASE", "PROMPTS", "CREATED", "BY", "COMMIT", "CHANGE"]);
    for release in &releases {
        let commit = release.git_commit.as_deref().unwrap_or("-");
        table.row([
            release.version.to_string(),
            release.prompt_count.to_string(),
            moment(&release.created_at),
            actor(&release.author),
            commit.chars().take(7).collect(),
            release.changelog.clone().unwrap_or_else(|| "-".to_owned()),
        ]);
    }
    context.printer.table(&table)
}
