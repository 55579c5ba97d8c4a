//! Subjects narrower than a project, and routes whose parts are decided one by one.
//!
//! A permission for the project is enough for everything in it. Only a caller who lacks that one is asked more exactly:
//! by the module of the prompt, or by the alias.

use std::ops::Deref;

use promptsync_api::error::INSUFFICIENT_SCOPE;
use promptsync_core::{
    access::{Permission, can_somewhere, can_within},
    ids::{SessionId, UserId},
    names::{AliasName, ModulePath, PromptName},
    references::Reference,
};
use promptsync_store::prompts;

use crate::{
    app::resolve::alias_of,
    auth::Identity,
    delivery::Need,
    endpoint::{Call, InProject, Subject},
    http::{error::ApiError, query::Parameter},
};

/// Declares subjects: what they wrap, and how they decide whether the caller may do something.
macro_rules! subjects {
    ($($(#[$doc:meta])* $name:ident($inner:ident) => |$call:pat_param, $permission:pat_param| $decision:expr;)*) => { $(
        $(#[$doc])*
        pub(crate) struct $name($inner);

        impl Deref for $name {
            type Target = $inner;

            fn deref(&self) -> &$inner {
                &self.0
            }
        }

        impl Subject for $name {
            const PARAMETERS: &'static [Parameter] = $inner::PARAMETERS;

            async fn open(call: Call) -> Result<Self, ApiError> {
                $inner::open(call).await.map(Self)
            }

            fn call(&self) -> &Call {
                self
            }

            async fn allows(&self, permission: Permission) -> Result<bool, ApiError> {
                let ($call, $permission) = (&self.0, permission);
                Ok($decision)
            }
        }
    )* };
}

subjects! {
    /// A call that whoever is known may make: who somebody is they may know without a permission.
    Known(Call) => |_, _| true;
    /// A call that is decided part by part: whoever has the permission somewhere in the workspace comes in.
    Anywhere(Call) => |call, permission| can_somewhere(&call.caller.principal, permission, None);
    /// The same within one project; a right to one alias alone is not enough.
    WithinProject(InProject) => |call, permission| {
        can_within(&call.caller.principal, permission, Some(&call.project.id))
    };
    /// A call within one project that whoever has the permission for any part of it makes, if only for one alias.
    AnywhereInProject(InProject) => |call, permission| {
        can_somewhere(&call.caller.principal, permission, Some(&call.project.id))
    };
    /// The same as the last but one across the projects of the workspace.
    WithinWorkspace(Call) => |call, permission| can_within(&call.caller.principal, permission, None);
    /// A call for the server as a whole: its operator's alone, whatever others may do in their workspaces.
    Operator(Call) => |call, _| call.caller.operator;
    /// A call about the prompt `{name}`.
    OnPrompt(InProject) => |call, permission| {
        call.allows(permission).await? || in_module(call, permission).await?
    };
    /// A call about the alias `{alias}`.
    OnAlias(InProject) => |call, permission| {
        let alias = AliasName::parse(call.segment("alias")).ok();
        call.allows(permission).await? || in_environment(call, permission, alias.as_ref())
    };
    /// A call about the alias that the query names.
    OnAskedAlias(InProject) => |call, permission| {
        let mut asked = form_urlencoded::parse(call.query.as_bytes()).filter(|(name, _)| name == "alias");
        let alias = asked.next().and_then(|(_, value)| AliasName::parse(&value).ok());
        call.allows(permission).await? || in_environment(call, permission, alias.as_ref())
    };
    /// A call for the prompt `{name}` by `{version_or_alias}`.
    OnReference(InProject) => |call, permission| {
        let reference = Reference::parse(call.segment("version_or_alias")).ok();
        // What the alias served in the past is another version.
        let now = reference.as_ref().filter(|reference| reference.at.is_none());
        let alias = now.and_then(|reference| alias_of(&reference.selector));
        call.allows(permission).await?
            || in_environment(call, permission, alias)
            || in_delivered_module(call, permission).await?
    };
}

/// A call about the caller's own things: whoever signed in comes in, a key does not, whatever it may do.
pub(crate) struct Myself {
    call: Call,
    user: UserId,
    session: SessionId,
}

impl Deref for Myself {
    type Target = Call;

    fn deref(&self) -> &Call {
        &self.call
    }
}

impl Myself {
    /// The person and their session.
    pub(crate) fn me(&self) -> (&UserId, &SessionId) {
        (&self.user, &self.session)
    }
}

impl Subject for Myself {
    const PARAMETERS: &'static [Parameter] = Call::PARAMETERS;

    async fn open(call: Call) -> Result<Self, ApiError> {
        match call.caller.identity.clone() {
            Identity::User(user, session) => Ok(Self { call, user, session }),
            Identity::Key(_) => {
                Err(ApiError::new(INSUFFICIENT_SCOPE, "this is for people who signed in, not for keys")
                    .hint("sign in with `promptsync login`"))
            }
        }
    }

    fn call(&self) -> &Call {
        &self.call
    }

    /// One's own things need no permission.
    async fn allows(&self, _: Permission) -> Result<bool, ApiError> {
        Ok(true)
    }
}

fn in_environment(call: &InProject, permission: Permission, alias: Option<&AliasName>) -> bool {
    alias.is_some_and(|alias| call.caller.can(permission, call.object().in_environment(alias)))
}

/// Decides by the module of the prompt `{name}` as it is delivered.
async fn in_delivered_module(call: &InProject, permission: Permission) -> Result<bool, ApiError> {
    if !can_within(&call.caller.principal, permission, Some(&call.project.id)) {
        return Ok(false);
    }
    let known = call.app.delivered(&call.caller.workspace, Need::Project(&call.project.id)).await?;
    let prompt =
        known.project(&call.project.id).and_then(|project| project.prompts.get(call.segment("name")));
    let may = |module: &ModulePath| call.caller.can(permission, call.object().in_module(module));
    Ok(prompt.is_some_and(|prompt| may(&prompt.module)))
}

/// Decides by the module of the prompt `{name}`; one that does not exist is nowhere.
async fn in_module(call: &InProject, permission: Permission) -> Result<bool, ApiError> {
    if !can_within(&call.caller.principal, permission, Some(&call.project.id)) {
        return Ok(false);
    }
    let Ok(name) = PromptName::parse(call.segment("name")) else { return Ok(false) };
    let mut tx = call.app.db.begin_read(&call.caller.workspace).await?;
    let prompt = prompts::by_name(&mut tx, &call.project.id, &name).await?;
    let may = |module: &ModulePath| call.caller.can(permission, call.object().in_module(module));
    Ok(prompt.is_some_and(|prompt| may(&prompt.module)))
}
