//! Lists in pages: each page starts after the key of the last item of the one before.

use std::str::FromStr;

use crate::error::{Result, StoreError};

/// Which part of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// The `next` of the page before; none for the first page.
    pub after: Option<String>,
    /// How many items at most.
    pub limit: u32,
}

/// Part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Where the next page starts; none on the last one.
    pub next: Option<String>,
}

impl PageRequest {
    /// The first `limit` items.
    pub fn first(limit: u32) -> Self {
        Self { after: None, limit }
    }

    /// One row more than wanted is read, to know whether there is a next page.
    pub(crate) fn rows(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// The cursor as a number or another type that has a text form.
    pub(crate) fn after<K: FromStr>(&self) -> Result<Option<K>> {
        self.after.as_deref().map(|text| text.parse().map_err(|_| StoreError::BadCursor)).transpose()
    }

    /// Cuts the rows read to the page, converting each.
    pub(crate) fn page<R, T>(&self, mut rows: Vec<R>, key: impl Fn(&T) -> String) -> Result<Page<T>>
    where
        T: TryFrom<R, Error = StoreError>,
    {
        let wanted = self.limit as usize;
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        let items = rows.into_iter().map(T::try_from).collect::<Result<Vec<T>>>()?;
        let next = if more { items.last().map(key) } else { None };
        Ok(Page { items, next })
    }
}
