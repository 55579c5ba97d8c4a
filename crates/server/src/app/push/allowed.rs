//! Who may push what: decided prompt by prompt, and for the alias.

use promptsync_api::error::INSUFFICIENT_SCOPE;
use promptsync_core::{access::Permission, files::PromptDraft, names::PromptName};
use promptsync_store::{ReadTx, prompts};

use super::Wish;
use crate::{endpoint::InProject, http::error::ApiError};

/// Refuses a push of which any part is not the caller's to do. Whoever may publish in the whole project is asked
/// nothing more.
pub(super) async fn check(
    call: &InProject,
    tx: &mut ReadTx,
    drafts: &[PromptDraft],
    wish: &Wish,
) -> Result<(), ApiError> {
    if let Some(alias) = &wish.alias {
        // The alias will point at a whole release: nobody reads by it what they could not read before.
        if !call.can_in_environment(Permission::MoveAlias, alias) {
            return Err(refused(Permission::MoveAlias, &format!("the alias `{alias}`")));
        }
        call.require(Permission::Read)?;
    }
    let mut needed = vec![Permission::Publish];
    if wish.allow_breaking {
        needed.push(Permission::AllowBreaking);
    }
    if needed.iter().all(|permission| call.caller.can(*permission, call.object())) {
        return Ok(());
    }
    each(call, tx, drafts, &needed).await
}

/// Decides by the module a prompt is pushed to and the one it is in now, and by those of the prompts it includes.
async fn each(
    call: &InProject,
    tx: &mut ReadTx,
    drafts: &[PromptDraft],
    needed: &[Permission],
) -> Result<(), ApiError> {
    let pushed: Vec<PromptName> = drafts.iter().map(|draft| draft.name.clone()).collect();
    let included: Vec<PromptName> =
        drafts.iter().flat_map(|draft| draft.document.dependencies.keys().cloned()).collect();
    let present = prompts::by_names(tx, &call.project.id, &pushed).await?;
    for permission in needed {
        for draft in drafts {
            let now = present.get(&draft.name).map(|prompt| &prompt.module);
            let modules = std::iter::once(&draft.module).chain(now);
            if !modules.into_iter().all(|module| call.can_in_module(*permission, module)) {
                return Err(refused(*permission, &format!("the prompt `{}`", draft.name)));
            }
        }
    }
    let included = prompts::by_names(tx, &call.project.id, &included).await?;
    match included.values().find(|prompt| !call.can_in_module(Permission::Read, &prompt.module)) {
        Some(prompt) => Err(refused(Permission::Read, &format!("the included prompt `{}`", prompt.name))),
        None => Ok(()),
    }
}

fn refused(permission: Permission, what: &str) -> ApiError {
    let needed = permission.as_str();
    ApiError::new(
        INSUFFICIENT_SCOPE,
        format!("{what} needs the permission `{needed}`, which you do not have for it"),
    )
    .hint("nothing was pushed; `promptsync whoami` shows what you may do")
}
