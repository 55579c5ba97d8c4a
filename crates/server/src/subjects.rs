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
    endpoint::{Call, InProject, Subject},
    http::{error::ApiError, query::Parameter},
};

macro_rules! subjects {
    ($($(#[$doc:meta])* $name:ident($inner:ident);)*) => { $(
        $(#[$doc])*
        pub(crate) struct $name($inner);

        impl Deref for $name {
            type Target = $inner;

            fn deref(&self) -> &$inner {
                &self.0
            }
        }
    )* };
}

subjects! {
    /// A call that whoever is known may make: about themselves.
    Known(Call);
    /// A call that is decided part by part: whoever has the permission somewhere in the workspace comes in.
    Anywhere(Call);
    /// The same within one project; a right to one alias alone is not enough.
    WithinProject(InProject);
    /// The same across the projects of the workspace.
    WithinWorkspace(Call);
    /// A call for the server as a whole: its operator's alone, whatever others may do in their workspaces.
    Operator(Call);
    /// A call about the prompt `{name}`.
    OnPrompt(InProject);
    /// A call about the alias `{alias}`.
    OnAlias(InProject);
    /// A call about the alias that the query names.
    OnAskedAlias(InProject);
    /// A call for the prompt `{name}` by `{version_or_alias}`.
    OnReference(InProject);
}

impl Subject for Anywhere {
    const PARAMETERS: &'static [Parameter] = Call::PARAMETERS;

    async fn open(call: Call) -> Result<Self, ApiError> {
        Ok(Self(call))
    }

    fn call(&self) -> &Call {
        self
    }

    async fn allows(&self, permission: Permission) -> Result<bool, ApiError> {
        Ok(can_somewhere(&self.caller.principal, permission, None))
    }
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

impl Subject for Known {
    const PARAMETERS: &'static [Parameter] = Call::PARAMETERS;

    async fn open(call: Call) -> Result<Self, ApiError> {
        Ok(Self(call))
    }

    fn call(&self) -> &Call {
        self
    }

    /// Who somebody is they may know without a permission.
    async fn allows(&self, _: Permission) -> Result<bool, ApiError> {
        Ok(true)
    }
}

impl Subject for WithinProject {
    const PARAMETERS: &'static [Parameter] = InProject::PARAMETERS;

    async fn open(call: Call) -> Result<Self, ApiError> {
        InProject::open(call).await.map(Self)
    }

    fn call(&self) -> &Call {
        self
    }

    async fn allows(&self, permission: Permission) -> Result<bool, ApiError> {
        Ok(can_within(&self.caller.principal, permission, Some(&self.project.id)))
    }
}

impl Subject for Operator {
    const PARAMETERS: &'static [Parameter] = Call::PARAMETERS;

    async fn open(call: Call) -> Result<Self, ApiError> {
        Ok(Self(call))
    }

    fn call(&self) -> &Call {
        self
    }

    async fn allows(&self, _: Permission) -> Result<bool, ApiError> {
        Ok(self.caller.operator)
    }
}

impl Subject for WithinWorkspace {
    const PARAMETERS: &'static [Parameter] = Call::PARAMETERS;

    async fn open(call: Call) -> Result<Self, ApiError> {
        Ok(Self(call))
    }

    fn call(&self) -> &Call {
        self
    }

    async fn allows(&self, permission: Permission) -> Result<bool, ApiError> {
        Ok(can_within(&self.caller.principal, permission, None))
    }
}

impl Subject for OnPrompt {
    const PARAMETERS: &'static [Parameter] = InProject::PARAMETERS;

    async fn open(call: Call) -> Result<Self, ApiError> {
        InProject::open(call).await.map(Self)
    }

    fn call(&self) -> &Call {
        self
    }

    async fn allows(&self, permission: Permission) -> Result<bool, ApiError> {
        Ok(self.0.allows(permission).await? || in_module(self, permission).await?)
    }
}

impl Subject for OnAlias {
    const PARAMETERS: &'static [Parameter] = InProject::PARAMETERS;

    async fn open(call: Call) -> Result<Self, ApiError> {
        InProject::open(call).await.map(Self)
    }

    fn call(&self) -> &Call {
        self
    }

    async fn allows(&self, permission: Permission) -> Result<bool, ApiError> {
        let alias = AliasName::parse(self.segment("alias")).ok();
        Ok(self.0.allows(permission).await? || in_environment(self, permission, alias.as_ref()))
    }
}

impl Subject for OnAskedAlias {
    const PARAMETERS: &'static [Parameter] = InProject::PARAMETERS;

    async fn open(call: Call) -> Result<Self, ApiError> {
        InProject::open(call).await.map(Self)
    }

    fn call(&self) -> &Call {
        self
    }

    async fn allows(&self, permission: Permission) -> Result<bool, ApiError> {
        let mut asked = form_urlencoded::parse(self.query.as_bytes()).filter(|(name, _)| name == "alias");
        let alias = asked.next().and_then(|(_, value)| AliasName::parse(&value).ok());
        Ok(self.0.allows(permission).await? || in_environment(self, permission, alias.as_ref()))
    }
}

impl Subject for OnReference {
    const PARAMETERS: &'static [Parameter] = InProject::PARAMETERS;

    async fn open(call: Call) -> Result<Self, ApiError> {
        InProject::open(call).await.map(Self)
    }

    fn call(&self) -> &Call {
        self
    }

    async fn allows(&self, permission: Permission) -> Result<bool, ApiError> {
        let reference = Reference::parse(self.segment("version_or_alias")).ok();
        // What the alias served in the past is another version.
        let now = reference.as_ref().filter(|reference| reference.at.is_none());
        let alias = now.and_then(|reference| alias_of(&reference.selector));
        Ok(self.0.allows(permission).await?
            || in_environment(self, permission, alias)
            || in_module(self, permission).await?)
    }
}

fn in_environment(call: &InProject, permission: Permission, alias: Option<&AliasName>) -> bool {
    alias.is_some_and(|alias| call.caller.can(permission, call.object().in_environment(alias)))
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
