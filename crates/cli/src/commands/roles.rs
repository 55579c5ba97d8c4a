//! `role`: what can be given to people, and who was given it.

use promptsync_api::{
    bindings::{Binding, GiveRole},
    roles::{CreateRole, EditRole, Role},
};
use promptsync_core::access::Permissions;

use crate::{
    Context,
    args::{RoleCommand, RoleGive},
    error::Result,
    printer::{Table, moment, place},
    registry::Registry,
};

pub(super) fn run(command: &RoleCommand, context: &Context) -> Result {
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let client = &registry.client;
    match command {
        RoleCommand::List => show(&registry.wait(client.roles())?, context),
        RoleCommand::Create(args) => {
            let request = CreateRole {
                name: args.name.clone(),
                description: args.description.clone(),
                permissions: args.permissions.iter().copied().collect(),
            };
            show(&[registry.wait(client.create_role(&request))?], context)
        }
        RoleCommand::Edit(args) => {
            let allowed: Permissions = args.permissions.iter().copied().collect();
            let request = EditRole {
                name: args.rename.clone(),
                description: args.description.clone(),
                permissions: (!args.permissions.is_empty()).then_some(allowed),
            };
            show(&[registry.wait(client.edit_role(&args.name, &request))?], context)
        }
        RoleCommand::Delete(role) => {
            registry.wait(client.remove_role(&role.name))?;
            context.printer.note(format!("The role {} is gone.", role.name));
            Ok(())
        }
        RoleCommand::Give(args) => give(args, &registry, context),
        RoleCommand::Given => given(&registry.wait(client.bindings())?, context),
        RoleCommand::Take(args) => {
            registry.wait(client.take_role(&args.id))?;
            context.printer.note("The role is taken away.");
            Ok(())
        }
    }
}

fn give(args: &RoleGive, registry: &Registry, context: &Context) -> Result {
    // As with keys, only a project that was named on purpose narrows what is given.
    let project = match &context.settings.project {
        Some(_) => Some(context.settings.project()?.to_string()),
        None => None,
    };
    let request = GiveRole {
        role: args.role.clone(),
        user: args.user.clone(),
        team: args.team.clone(),
        project,
        module: args.module.clone(),
        environment: args.environment.clone(),
    };
    given(&[registry.wait(registry.client.give_role(&request))?], context)
}

fn show(roles: &[Role], context: &Context) -> Result {
    if context.printer.json {
        return context.printer.json(&roles);
    }
    let mut table = Table::new(&["ROLE", "ALLOWS", "DESCRIPTION"]);
    for role in roles {
        let allowed: Vec<_> =
            role.permissions.iter().map(promptsync_core::access::Permission::as_str).collect();
        table.row([role.name.clone(), allowed.join(" "), role.description.clone()]);
    }
    context.printer.table(&table)
}

fn given(bindings: &[Binding], context: &Context) -> Result {
    if context.printer.json {
        return context.printer.json(&bindings);
    }
    let mut table = Table::new(&["ID", "ROLE", "WHO", "WHERE", "SINCE"]);
    for binding in bindings {
        let who = match (&binding.user, &binding.team) {
            (Some(user), _) => user.clone(),
            (None, Some(team)) => format!("team {team}"),
            (None, None) => String::new(),
        };
        table.row([
            binding.id.to_string(),
            binding.role.clone(),
            who,
            place(binding.project.as_ref(), binding.module.as_ref(), binding.environment.as_ref()),
            moment(&binding.created_at),
        ]);
    }
    context.printer.table(&table)
}
