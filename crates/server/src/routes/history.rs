//! What happened to a project.

use promptsync_api::{history::HistoryEntry, page::Page};

use crate::{
    app::{history, pages::Paging},
    http::{
        error::ApiError,
        query::{CURSOR, LIMIT, Parameter, Parameters, one},
        reply::{Answer, Reply},
    },
    input::{FromQuery, Query},
    subjects::WithinProject,
};

/// `?prompt=` and the page.
pub(crate) struct Filter {
    prompt: Option<String>,
    paging: Paging,
}

impl FromQuery for Filter {
    const PARAMETERS: &'static [Parameter] =
        &[one("prompt", "Only changes that concern this prompt."), LIMIT, CURSOR];

    fn from_query(parameters: &Parameters) -> Result<Self, ApiError> {
        let prompt = parameters.get("prompt").map(str::to_owned);
        Ok(Self { prompt, paging: Paging::from_query(parameters)? })
    }
}

/// Lists the changes of a project.
pub(crate) async fn list(call: WithinProject, Query(filter): Query<Filter>) -> Answer<Page<HistoryEntry>> {
    history::list(&call, filter.prompt.as_deref(), &filter.paging).await.map(Reply::ok)
}
