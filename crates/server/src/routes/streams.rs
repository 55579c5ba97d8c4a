//! Streams of changes.

use promptsync_api::delivery::ChangeEvent;
use promptsync_core::audit::Revision;

use crate::{
    app::streams,
    http::{
        error::ApiError,
        query::{Parameter, Parameters, one},
        reply::{Answer, Reply},
    },
    input::{FromQuery, Query},
    subjects::OnAskedAlias,
};

/// Which stream is wanted.
#[derive(Debug)]
pub(crate) struct Asked {
    alias: String,
    after: Option<Revision>,
}

impl FromQuery for Asked {
    const PARAMETERS: &'static [Parameter] = &[
        one("alias", "The alias whose moves are wanted."),
        one(
            "after",
            "The revision of the snapshot the client holds; `Last-Event-ID` means the same and is stronger.",
        ),
    ];

    fn from_query(parameters: &Parameters) -> Result<Self, ApiError> {
        let alias = parameters.alias()?;
        let after = parameters.get("after").map(|text| streams::revision("after", text)).transpose()?;
        Ok(Self { alias, after })
    }
}

/// Each move of an alias, from what the client holds on.
pub(crate) async fn open(call: OnAskedAlias, Query(asked): Query<Asked>) -> Answer<ChangeEvent> {
    let listener = streams::open(&call, &asked.alias, asked.after).await?;
    Ok(Reply::events(Box::pin(listener)))
}
