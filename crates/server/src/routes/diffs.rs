//! Comparing versions.

use promptsync_core::diffs::Diff;

use crate::{
    app::diffs,
    http::{
        error::ApiError,
        query::{Parameter, Parameters, invalid, one},
        reply::{Answer, Reply},
    },
    input::{FromQuery, Query},
    subjects::OnPrompt,
};

/// Styles of its own and nothing else.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";

/// `?from=&to=&format=`
pub(crate) struct Sides {
    from: String,
    to: String,
    page: bool,
}

impl FromQuery for Sides {
    const PARAMETERS: &'static [Parameter] = &[
        one("from", "The old version: a number, range, alias, digest or commit."),
        one("to", "The new version; `latest` when absent."),
        one("format", "`json` (default) or `html`, a page that stands alone."),
    ];

    fn from_query(parameters: &Parameters) -> Result<Self, ApiError> {
        let from =
            parameters.get("from").ok_or_else(|| invalid("from", "say which version is the old one"))?;
        let page = match parameters.get("format") {
            None | Some("json") => false,
            Some("html") => true,
            Some(_) => return Err(invalid("format", "expected `json` or `html`")),
        };
        Ok(Self { from: from.to_owned(), to: parameters.get("to").unwrap_or("latest").to_owned(), page })
    }
}

/// Compares two versions of a prompt.
pub(crate) async fn between(call: OnPrompt, Query(sides): Query<Sides>) -> Answer<Diff> {
    let name = call.segment("name");
    if sides.page {
        let html = diffs::page(&call, name, &sides.from, &sides.to).await?;
        return Ok(Reply::page(html, PAGE_POLICY));
    }
    diffs::between(&call, name, &sides.from, &sides.to).await.map(Reply::ok)
}
