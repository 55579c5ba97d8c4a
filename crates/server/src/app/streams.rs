//! Streams: who may listen to an alias, and from where on.

use hyper::header::AUTHORIZATION;
use promptsync_core::{audit::Revision, names::AliasName};

use super::aliases::existing;
use crate::{
    delivery::{LineId, Listener, Need},
    endpoint::InProject,
    http::{error::ApiError, query::invalid},
};

/// The header a browser or SDK sends when it connects again.
const LAST_EVENT_ID: &str = "last-event-id";

/// Opens a stream of an alias.
pub(crate) async fn open(
    call: &InProject,
    alias: &str,
    after: Option<Revision>,
) -> Result<Listener, ApiError> {
    let (app, workspace) = (&call.app, &call.caller.workspace);
    let current = app.delivered_since(workspace, Need::Project(&call.project.id), &call.headers).await?;
    let name = AliasName::parse(alias).ok();
    let known = |name: &AliasName| {
        current.project(&call.project.id).is_some_and(|project| project.aliases.contains(name))
    };
    let name = match name.filter(known) {
        Some(name) => name,
        None => existing(&mut app.db.begin_read(workspace).await?, call, alias).await?.name,
    };
    let last = call.headers.get(LAST_EVENT_ID).map(|value| value.to_str().unwrap_or_default());
    let after = last.map(|text| revision(LAST_EVENT_ID, text)).transpose()?.or(after);
    let id = LineId {
        workspace: workspace.clone(),
        project: call.project.id.clone(),
        project_name: call.project.name.clone(),
        alias: name,
    };
    let authorization = call.headers.get(AUTHORIZATION).cloned();
    let mut authorization =
        authorization.ok_or_else(|| ApiError::internal("a caller without credentials"))?;
    authorization.set_sensitive(true);
    app.listen(id, call.caller.id(), authorization, after).await
}

/// A revision somebody names.
pub(crate) fn revision(place: &str, text: &str) -> Result<Revision, ApiError> {
    let number = text.parse::<Revision>().ok().filter(|number| *number >= 0);
    number.ok_or_else(|| invalid(place, "a revision is a whole number, as a snapshot or an event gave it"))
}
