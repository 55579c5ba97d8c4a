//! `secret`: which secrets a project's prompts may ask for.

use promptsync_api::connectors::AllowSecret;

use crate::{
    Context,
    args::SecretCommand,
    error::Result,
    printer::{Table, moment},
    registry::Registry,
};

pub(super) fn run(command: &SecretCommand, context: &Context) -> Result {
    let project = context.settings.project()?;
    let registry = Registry::connect(&context.settings, &context.printer)?;
    match command {
        SecretCommand::Allow(args) => {
            let wanted = AllowSecret { pattern: args.pattern.clone(), connector: args.connector.clone() };
            let allowed = registry.wait(registry.client.allow_secret(project.as_str(), &wanted))?;
            if context.printer.json {
                return context.printer.json(&allowed);
            }
            context.printer.line(format!("{} may use {} of {}", project, allowed.pattern, allowed.connector))
        }
        SecretCommand::List(_) => {
            let secrets = registry.wait(registry.client.project_secrets(project.as_str()))?;
            if context.printer.json {
                return context.printer.json(&secrets);
            }
            let mut table = Table::new(&["PATTERN", "CONNECTOR", "SINCE"]);
            for secret in &secrets {
                table.row([
                    secret.pattern.to_string(),
                    secret.connector.to_string(),
                    moment(&secret.created_at),
                ]);
            }
            context.printer.table(&table)
        }
        SecretCommand::Remove(args) => {
            registry.wait(registry.client.remove_secret(project.as_str(), &args.pattern))?;
            context.printer.note(format!("{project} may no longer use {}.", args.pattern));
            Ok(())
        }
    }
}
