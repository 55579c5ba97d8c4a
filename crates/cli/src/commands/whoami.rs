//! `whoami`: who the server takes us for.

use crate::{Context, error::Result, printer::clean_line, registry::Registry};

pub(super) fn run(context: &Context) -> Result {
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let caller = registry.wait(registry.client.whoami())?;
    if context.printer.json {
        return context.printer.json(&caller);
    }
    let printer = &context.printer;
    printer.line(format!("name\t{}", clean_line(&caller.name)))?;
    if let Some(user) = &caller.user {
        printer.line(format!("email\t{}", clean_line(&user.email)))?;
    }
    printer.line(format!("workspace\t{}", caller.workspace))?;
    if let Some(role) = &caller.role {
        printer.line(format!("role\t{}", clean_line(role)))?;
    }
    if let Some(project) = &caller.project {
        printer.line(format!("project\t{project}"))?;
    }
    let permissions: Vec<_> = caller.permissions.iter().map(|permission| permission.as_str()).collect();
    printer.line(format!("permissions\t{}", permissions.join(", ")))
}
