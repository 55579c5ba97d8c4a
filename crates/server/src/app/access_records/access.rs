//! What one request turned out to be: filled in on its way, noted when it is answered.

use std::{
    net::IpAddr,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use promptsync_core::{audit::Actor, ids::WorkspaceId};

use super::Record;
use crate::{app::App, auth::Caller};

/// A request's access, empty until something is known about it.
#[derive(Debug, Default)]
pub(crate) struct Access {
    caller: OnceLock<(WorkspaceId, Actor)>,
    route: OnceLock<(&'static str, &'static str)>,
    project: OnceLock<String>,
    about: OnceLock<(&'static str, String)>,
    is_audited: AtomicBool,
}

/// A request that has its answer.
#[derive(Debug)]
pub(crate) struct Answered<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) status: u16,
    /// `ok`, or the error code.
    pub(crate) outcome: &'static str,
    pub(crate) address: Option<IpAddr>,
    pub(crate) request_id: &'a str,
}

impl Access {
    /// Says which route was found: its action, `read` or `change`, and its path with parameters in braces.
    pub(crate) fn on_route(&self, action: &'static str, path: &'static str) {
        let _ = self.route.set((action, path));
    }

    /// Says who calls.
    pub(crate) fn by(&self, caller: &Caller) {
        let _ = self.caller.set((caller.workspace.clone(), caller.actor()));
    }

    /// Says which project the request is about.
    pub(crate) fn in_project(&self, name: &str) {
        let _ = self.project.set(name.to_owned());
    }

    /// Says more exactly what is done to what, instead of the action and the path of the route.
    pub(crate) fn about(&self, action: &'static str, target: String) {
        let _ = self.about.set((action, target));
    }

    /// Says that the request is in the audit log with an entry of its own, and needs no record.
    pub(crate) fn is_audited(&self) {
        self.is_audited.store(true, Ordering::Relaxed);
    }

    /// Notes the request. Nobody's requests are noted when they are refused: what anybody may read says nothing.
    pub(crate) fn note(&self, app: &App, answered: &Answered<'_>) {
        let was_audited = self.is_audited.load(Ordering::Relaxed);
        let is_refused = matches!(answered.status, 401 | 403 | 429);
        let Some((action, route)) = self.route.get() else { return };
        if was_audited || (self.caller.get().is_none() && !is_refused) {
            return;
        }
        let (workspace, actor) = self.caller.get().cloned().unzip();
        let (action, target) = match (self.about.get(), &actor) {
            (Some((action, target)), _) => (*action, target.clone()),
            (None, Some(_)) => (*action, format!("{} {}", answered.method, without_keys(answered.path))),
            // What nobody writes into a path would only fill the log.
            (None, None) => (*action, format!("{} {route}", answered.method)),
        };
        app.access.note(Record {
            workspace,
            actor,
            action,
            project: self.project.get().cloned(),
            target,
            outcome: answered.outcome,
            address: answered.address,
            request_id: Some(answered.request_id.to_owned()),
        });
    }
}

/// A path in which nothing can be a key: somebody may have pasted one where a name belongs.
fn without_keys(path: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.contains("ps_") { "…" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::without_keys;

    #[test]
    fn a_key_in_a_path_is_not_kept() {
        assert_eq!(without_keys("/api/prompts/ps_abc/latest"), "/api/prompts/…/latest");
        assert_eq!(without_keys("/api/keys/x"), "/api/keys/x");
    }
}
