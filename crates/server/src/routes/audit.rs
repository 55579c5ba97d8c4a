//! The audit log.

use promptsync_api::{audit::LoggedEntry, page::Page};
use promptsync_core::{
    audit::{Revision, statements::Checkpoint},
    time::Timestamp,
};

use crate::{
    app::{
        audit::{self, Filter},
        pages::Paging,
    },
    endpoint::Call,
    http::{
        error::ApiError,
        query::{CURSOR, LIMIT, Parameter, Parameters, invalid, one},
        reply::{Answer, Reply},
    },
    input::{FromQuery, Nothing, Query},
};

/// Which entries, and the page.
pub(crate) struct Wish {
    filter: Filter,
    paging: Paging,
}

/// Which part of an export.
pub(crate) struct Part {
    after: Revision,
    reached: Option<Revision>,
}

impl FromQuery for Wish {
    const PARAMETERS: &'static [Parameter] = &[
        one("actor", "Only what this person or key did: id or name, or `system`."),
        one("action", "Only this action, `alias.move`, or every action of a noun, `alias`."),
        one("project", "Only what belongs to this project."),
        one("target", "Only what was done to this, `alias:production`."),
        one("since", "Only entries of this moment or later, in RFC 3339."),
        one("until", "Only entries before this moment, in RFC 3339."),
        LIMIT,
        CURSOR,
    ];

    fn from_query(parameters: &Parameters) -> Result<Self, ApiError> {
        let text = |name: &str| parameters.get(name).map(str::to_owned);
        let moment = |name: &str| {
            let read = |text: &str| {
                text.parse::<Timestamp>().map_err(|_| invalid(name, "expected a moment in RFC 3339"))
            };
            parameters.get(name).map(read).transpose()
        };
        let filter = Filter {
            actor: text("actor"),
            action: text("action"),
            project: text("project"),
            target: text("target"),
            since: moment("since")?,
            until: moment("until")?,
        };
        Ok(Self { filter, paging: Paging::from_query(parameters)? })
    }
}

impl FromQuery for Part {
    const PARAMETERS: &'static [Parameter] = &[
        one("after", "Begin after this revision; 0, everything, when absent."),
        one("reached", "The last revision of the page before; the first page when absent."),
    ];

    fn from_query(parameters: &Parameters) -> Result<Self, ApiError> {
        let revision = |name: &str| {
            let read = |text: &str| match text.parse::<Revision>() {
                Ok(revision @ 0..) => Ok(revision),
                _ => Err(invalid(name, "expected the number of an entry")),
            };
            parameters.get(name).map(read).transpose()
        };
        let (after, reached) = (revision("after")?.unwrap_or(0), revision("reached")?);
        if reached.is_some_and(|reached| reached < after) {
            return Err(invalid("reached", "it lies before `after`"));
        }
        Ok(Self { after, reached })
    }
}

/// Lists entries, newest first.
pub(crate) async fn list(call: Call, Query(wish): Query<Wish>) -> Answer<Page<LoggedEntry>> {
    audit::list(&call, &wish.filter, &wish.paging).await.map(Reply::ok)
}

/// A page of the whole log with everything that proves it.
pub(crate) async fn export(call: Call, Query(part): Query<Part>) -> Answer<String> {
    let bytes = audit::export(&call, part.after, part.reached).await?;
    Ok(Reply::raw("application/x-ndjson", bytes))
}

/// The newest checkpoint.
pub(crate) async fn checkpoint(call: Call, _: Nothing) -> Answer<Checkpoint> {
    audit::checkpoint(&call).await.map(Reply::ok)
}
