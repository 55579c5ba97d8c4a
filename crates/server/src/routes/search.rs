//! Finding prompts.

use promptsync_api::{page::Page, prompts::PromptSummary};

use crate::{
    app::{
        pages::Paging,
        search::{self, Question},
    },
    http::{
        error::ApiError,
        query::{CURSOR, LIMIT, Parameter, Parameters, many, one},
        reply::{Answer, Reply},
    },
    input::{FromQuery, Query},
    subjects::WithinProject,
};

/// `?q=`, `?tag=` and the page.
pub(crate) struct Asked {
    question: Question,
    paging: Paging,
}

impl FromQuery for Asked {
    const PARAMETERS: &'static [Parameter] = &[
        one("q", "Words, each of which begins a word of name, description, tags or content."),
        many("tag", "A tag the prompt has; repeat it for several."),
        LIMIT,
        CURSOR,
    ];

    fn from_query(parameters: &Parameters) -> Result<Self, ApiError> {
        let question = Question {
            text: parameters.get("q").unwrap_or_default().to_owned(),
            tags: parameters.all("tag").map(str::to_owned).collect(),
        };
        Ok(Self { question, paging: Paging::from_query(parameters)? })
    }
}

/// Finds prompts, best first.
pub(crate) async fn find(call: WithinProject, Query(asked): Query<Asked>) -> Answer<Page<PromptSummary>> {
    search::find(&call, &asked.question, &asked.paging).await.map(Reply::ok)
}
