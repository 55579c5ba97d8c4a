//! Lists in pages, with cursors that only this server can make.

use promptsync_api::page::Page;
use promptsync_store::PageRequest;

use super::App;
use crate::http::{
    cursor,
    error::ApiError,
    query::{CURSOR, LIMIT, Parameter, Parameters},
};
use crate::input::FromQuery;

/// Which page of a list is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Paging {
    /// How many items at most.
    pub(crate) limit: u32,
    cursor: Option<String>,
}

impl FromQuery for Paging {
    const PARAMETERS: &'static [Parameter] = &[LIMIT, CURSOR];

    fn from_query(parameters: &Parameters) -> Result<Self, ApiError> {
        Ok(Self { limit: parameters.limit()?, cursor: parameters.get("cursor").map(str::to_owned) })
    }
}

impl Paging {
    /// The page as the store understands it. `list` names the list with everything that selects its items.
    pub(crate) fn request(&self, app: &App, list: &str) -> Result<PageRequest, ApiError> {
        let after =
            self.cursor.as_deref().map(|sealed| cursor::open(&app.secret, list, sealed)).transpose()?;
        Ok(PageRequest { after, limit: self.limit })
    }
}

/// A page of the store as callers get it.
pub(crate) fn answer<T, U>(
    app: &App,
    list: &str,
    page: promptsync_store::Page<T>,
    view: impl FnMut(T) -> U,
) -> Page<U> {
    Page {
        items: page.items.into_iter().map(view).collect(),
        next_cursor: page.next.map(|position| cursor::seal(&app.secret, list, &position)),
    }
}
