//! `invite`: one-time links for people.

use promptsync_api::invitations::{CreateReset, Invite};

use crate::{Context, args::InviteArgs, error::Result, registry::Registry};

pub(super) fn run(args: &InviteArgs, context: &Context) -> Result {
    if let Some(folder) = &args.data_dir {
        #[cfg(feature = "serve")]
        return super::serve::offer_reset(folder, args.database_url.as_deref(), &args.email, context);
        #[cfg(not(feature = "serve"))]
        return Err(crate::error::CliError::usage(
            "not_built",
            format!("this promptsync has no server in it and cannot open {}", folder.display()),
        ));
    }
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let email = args.email.clone();
    let created = match &args.role {
        Some(role) => {
            // As with keys: only a project that was named on purpose narrows what is given.
            let project = match &context.settings.project {
                Some(_) => Some(context.settings.project()?.to_string()),
                None => None,
            };
            registry.wait(registry.client.invite(&Invite { email, role: role.clone(), project }))?
        }
        None => registry.wait(registry.client.offer_reset(&CreateReset { email }))?,
    };
    if context.printer.json {
        return context.printer.json(&created);
    }
    context.printer.note("Hand this link over; it works once:");
    context.printer.line(created.link)
}
