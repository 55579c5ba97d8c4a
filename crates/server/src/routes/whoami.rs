//! The caller as the server sees it.

use promptsync_api::server::Whoami;
use promptsync_core::access::{Permission, can_somewhere};

use crate::{
    app::{scopes, sessions},
    auth::Identity,
    http::reply::{Answer, Reply},
    input::Nothing,
    subjects::Known,
};

/// Who the key belongs to and what it may do.
pub(crate) async fn whoami(call: Known, _: Nothing) -> Answer<Whoami> {
    let caller = &call.caller;
    // A key has one grant; people have as many as they were given, and open as many places.
    let scope = match (&caller.identity, caller.principal.grants.as_slice()) {
        (Identity::Key(_), [only]) => Some(&only.scope),
        _ => None,
    };
    let user = sessions::person(&call).await?;
    Ok(Reply::ok(Whoami {
        user,
        key: caller.id().to_owned(),
        name: caller.name.clone(),
        workspace: caller.workspace.to_string(),
        project: caller.project.as_ref().map(|(_, name)| name.clone()),
        module: scope.and_then(scopes::module),
        environment: scope.and_then(scopes::environment),
        role: caller.role.clone(),
        permissions: Permission::ALL
            .into_iter()
            .filter(|permission| can_somewhere(&caller.principal, *permission, None))
            .collect(),
    }))
}
