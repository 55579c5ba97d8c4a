//! The caller as the server sees it.

use promptsync_api::server::Whoami;
use promptsync_core::access::Permission;

use crate::{
    endpoint::Call,
    http::reply::{Answer, Reply},
    input::Nothing,
};

/// Who the key belongs to and what it may do.
pub(crate) async fn whoami(call: Call, _: Nothing) -> Answer<Whoami> {
    let caller = &call.caller;
    Ok(Reply::ok(Whoami {
        key: caller.key.to_string(),
        name: caller.name.clone(),
        workspace: caller.workspace.to_string(),
        project: caller.project_name.clone(),
        role: caller.role,
        permissions: Permission::ALL
            .into_iter()
            .filter(|permission| caller.role.allows(*permission))
            .collect(),
    }))
}
