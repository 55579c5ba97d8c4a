//! `keys list-signing`, `keys rotate-signing`: the keys the workspace signs with.

use promptsync_api::signing_keys::{RotateSigningKey, SigningKeys};
use promptsync_core::signing::KeyRing;

use crate::{
    Context,
    args::KeysRotateSigning,
    error::Result,
    printer::{Table, moment},
    registry::Registry,
};

pub(super) fn list(context: &Context) -> Result {
    let registry = Registry::connect(&context.settings, &context.printer)?;
    show(&registry.wait(registry.client.signing_keys())?, context)
}

pub(super) fn rotate(args: &KeysRotateSigning, context: &Context) -> Result {
    let registry = Registry::connect(&context.settings, &context.printer)?;
    let body = RotateSigningKey { reason: args.reason.clone() };
    show(&registry.wait(registry.client.rotate_signing_key(&body))?, context)
}

/// A chain that does not hold is an error, not a table.
fn show(found: &SigningKeys, context: &Context) -> Result {
    KeyRing::unpinned(&found.keys)?;
    if context.printer.json {
        return context.printer.json(found);
    }
    let mut table = Table::new(&["KEY", "PUBLIC KEY", "SINCE", "STATE"]);
    for (place, link) in found.keys.iter().enumerate() {
        let state = if place + 1 == found.keys.len() { "signs" } else { "replaced" };
        table.row([
            link.statement.key.id().to_string(),
            link.statement.key.to_string(),
            moment(&link.statement.created_at),
            state.to_owned(),
        ]);
    }
    context.printer.table(&table)
}
