//! `member` and `team`: who belongs to the workspace.

use promptsync_api::{members::AddMember, teams::CreateTeam};

use crate::{
    Context,
    args::{MemberCommand, TeamCommand},
    error::Result,
    printer::{Table, moment},
    registry::Registry,
};

pub(super) fn run(command: &MemberCommand, context: &Context) -> Result {
    let registry = Registry::connect(&context.settings, &context.printer)?;
    match command {
        MemberCommand::List => list(&registry, context),
        MemberCommand::Add(person) => {
            let request = AddMember { email: person.email.clone() };
            let member = registry.wait(registry.client.add_member(&request))?;
            if context.printer.json {
                return context.printer.json(&member);
            }
            context.printer.note("they may do nothing here until `promptsync role give` gives them a role");
            context.printer.line(member.id.as_str())
        }
        MemberCommand::Remove(person) => {
            registry.wait(registry.client.remove_member(&person.email))?;
            context.printer.note(format!("{} has no access to this workspace any more.", person.email));
            Ok(())
        }
    }
}

fn list(registry: &Registry, context: &Context) -> Result {
    let found = registry.wait(registry.client.members())?;
    if context.printer.json {
        return context.printer.json(&found);
    }
    let mut table = Table::new(&["ID", "EMAIL", "NAME", "SINCE", "STATE"]);
    for member in &found {
        table.row([
            member.id.to_string(),
            member.email.clone(),
            member.name.clone(),
            moment(&member.created_at),
            if member.active { "active" } else { "blocked" }.to_owned(),
        ]);
    }
    context.printer.table(&table)
}

pub(super) fn teams(command: &TeamCommand, context: &Context) -> Result {
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let client = &registry.client;
    let changed = match command {
        TeamCommand::List => {
            let found = registry.wait(client.teams())?;
            if context.printer.json {
                return context.printer.json(&found);
            }
            let mut table = Table::new(&["TEAM", "MEMBERS"]);
            for team in &found {
                table.row([team.name.to_string(), team.members.join(", ")]);
            }
            return context.printer.table(&table);
        }
        TeamCommand::Create(team) => {
            registry.wait(client.create_team(&CreateTeam { name: team.name.clone() }))?
        }
        TeamCommand::Add(args) => {
            let request = AddMember { email: args.email.clone() };
            registry.wait(client.add_to_team(&args.team, &request))?
        }
        TeamCommand::Delete(team) => {
            registry.wait(client.remove_team(&team.name))?;
            context.printer.note(format!("The team {} is gone, with what it was given.", team.name));
            return Ok(());
        }
        TeamCommand::Remove(args) => {
            registry.wait(client.take_from_team(&args.team, &args.email))?;
            context.printer.note(format!("{} is not in {} any more.", args.email, args.team));
            return Ok(());
        }
    };
    if context.printer.json {
        return context.printer.json(&changed);
    }
    context.printer.line(format!("{}\t{}", changed.name, changed.members.join(", ")))
}
