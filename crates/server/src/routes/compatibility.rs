//! Which applications run, and whether they fit.

use std::time::Duration;

use promptsync_api::{
    delivery::{ClientStatus, CompatibilityCheck},
    page::Page,
};

use crate::{
    app::compatibility,
    http::{
        error::ApiError,
        query::{Parameter, Parameters, invalid, one},
        reply::{Answer, Reply},
    },
    input::{FromQuery, Query},
    subjects::OnAskedAlias,
};

/// The longest time an answer waits.
const MAX_WAIT: u64 = 25_000;

/// Whose status is wanted, and how long the answer may wait.
#[derive(Debug)]
pub(crate) struct Asked {
    alias: Option<String>,
    wait: Option<Duration>,
}

impl FromQuery for Asked {
    const PARAMETERS: &'static [Parameter] = &[
        one("alias", "Only applications that hold this alias."),
        one(
            "wait_ms",
            "Answer once none that holds the alias is behind, at the latest after so many milliseconds.",
        ),
    ];

    fn from_query(parameters: &Parameters) -> Result<Self, ApiError> {
        let alias = parameters.get("alias").map(str::to_owned);
        let wait = parameters.get("wait_ms").map(|text| match text.parse::<u64>() {
            Ok(wait) => Ok(Duration::from_millis(wait.min(MAX_WAIT))),
            Err(_) => Err(invalid("wait_ms", "expected a whole number of milliseconds")),
        });
        let wait = wait.transpose()?;
        if wait.is_some() && alias.is_none() {
            return Err(invalid("wait_ms", "name the `alias` to wait for"));
        }
        Ok(Self { alias, wait })
    }
}

/// What is checked.
#[derive(Debug)]
pub(crate) struct Check {
    alias: Option<String>,
    version: Option<String>,
}

impl FromQuery for Check {
    const PARAMETERS: &'static [Parameter] = &[
        one("alias", "The alias whose applications are checked; everybody without it."),
        one(
            "version",
            "A release, or another alias, that they are checked against; where the alias stands without it.",
        ),
    ];

    fn from_query(parameters: &Parameters) -> Result<Self, ApiError> {
        let text = |name| parameters.get(name).map(str::to_owned);
        Ok(Self { alias: text("alias"), version: text("version") })
    }
}

/// The applications that run, and what they hold.
pub(crate) async fn status(call: OnAskedAlias, Query(asked): Query<Asked>) -> Answer<Page<ClientStatus>> {
    let items = compatibility::status(&call, asked.alias.as_deref(), asked.wait).await?;
    Ok(Reply::ok(Page { items, next_cursor: None }))
}

/// Whether what applications pass fits.
pub(crate) async fn check(call: OnAskedAlias, Query(asked): Query<Check>) -> Answer<CompatibilityCheck> {
    let Check { alias, version } = asked;
    compatibility::check(&call, alias.as_deref(), version.as_deref()).await.map(Reply::ok)
}
