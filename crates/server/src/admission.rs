//! Whether a request is let in at all: who calls, how often, and whether they may. The routes do it in `endpoint`; here it
//! stands alone, to be measured.

use hyper::HeaderMap;
use promptsync_core::access::{Object, Permission};

use crate::{App, auth::Certainty, rates::Quota};

/// Whether the caller with these headers may do this in the project it belongs to, or in its workspace.
pub async fn admits(app: &App, headers: &HeaderMap, permission: Permission) -> bool {
    let Ok(caller) = app.authenticate(headers, "", None, Certainty::Now).await else { return false };
    if app.rates.caller((caller.id(), &caller.workspace), app.clock.now(), &Quota::default()).is_err() {
        return false;
    }
    let object = match &caller.project {
        Some((project, _)) => Object::project(&caller.workspace, project),
        None => Object::workspace(&caller.workspace),
    };
    caller.can(permission, object)
}
