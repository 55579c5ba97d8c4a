//! `environment`: what every move of an alias has to keep.

use promptsync_api::environments::{Environment, SetEnvironment};

use crate::{
    Context,
    args::{EnvironmentCommand, EnvironmentSet},
    error::Result,
    printer::{Table, moment},
    registry::Registry,
};

pub(super) fn run(command: &EnvironmentCommand, context: &Context) -> Result {
    let project = context.settings.project()?;
    let registry = Registry::connect(&context.settings, &context.printer)?;
    match command {
        EnvironmentCommand::Set(args) => set(args, project.as_str(), &registry, context),
        EnvironmentCommand::List => list(project.as_str(), &registry, context),
        EnvironmentCommand::Remove(args) => {
            registry.wait(registry.client.remove_environment(project.as_str(), &args.alias))?;
            context.printer.note(format!("{} may be moved anywhere.", args.alias));
            Ok(())
        }
    }
}

fn set(args: &EnvironmentSet, project: &str, registry: &Registry, context: &Context) -> Result {
    let known = registry.wait(registry.client.environments(project))?;
    let known = known.iter().find(|known| known.alias.as_str() == args.alias);
    let locked_only = args.locked_only.unwrap_or_else(|| known.is_some_and(|known| known.locked_only));
    let body = SetEnvironment { locked_only };
    let set = registry.wait(registry.client.set_environment(project, &args.alias, &body))?;
    if context.printer.json {
        return context.printer.json(&set);
    }
    context.printer.line(format!("{} takes {}", set.alias, versions(&set)))
}

fn list(project: &str, registry: &Registry, context: &Context) -> Result {
    let environments = registry.wait(registry.client.environments(project))?;
    if context.printer.json {
        return context.printer.json(&environments);
    }
    let mut table = Table::new(&["ALIAS", "TAKES", "SINCE"]);
    for environment in &environments {
        table.row([
            environment.alias.to_string(),
            versions(environment).to_owned(),
            moment(&environment.updated_at),
        ]);
    }
    context.printer.table(&table)
}

fn versions(environment: &Environment) -> &'static str {
    if environment.locked_only { "locked versions" } else { "every version" }
}
