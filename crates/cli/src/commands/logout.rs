//! `logout`: ends the session and forgets it.

use crate::{Context, credentials::SignIn, error::Result, registry::Registry};

pub(super) fn run(context: &Context) -> Result {
    let registry = Registry::without_key(&context.settings)?;
    let kept = &context.settings.credentials;
    let client = &registry.client;
    if let Some(SignIn::Session { refresh_token, .. }) = kept.load(client)?
        && let Err(error) = registry.wait(client.sign_out(&refresh_token))
    {
        // It is forgotten here all the same: the server ends it by itself some day.
        context.printer.warn(format!("the server could not be told: {}", error.message));
    }
    if kept.remove(client)? {
        context.printer.note(format!("Signed out of {}.", client.url()));
    } else {
        context.printer.note(format!("Nobody was signed in to {}.", client.url()));
    }
    Ok(())
}
