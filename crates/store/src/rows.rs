//! From columns to types of `core`, with the place named when a column lies.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use sqlx::{Database, Encode, QueryBuilder, Type};

use crate::error::{Result, StoreError};

/// Rows of one `INSERT … VALUES`, and texts of one `IN (…)`. With at most 17 columns that is half of the 32,766
/// values SQLite binds to one statement; larger chunks gain nothing.
///
/// Only the statement of a single row stays prepared. Kept for every number of rows, a connection's prepared
/// statements would grow to tens of megabytes.
pub(crate) const CHUNK: usize = 1_000;

/// Ends a query that is open at `IN` with a list of texts.
pub(crate) fn push_list<'q, DB: Database>(
    query: &'q mut QueryBuilder<DB>,
    texts: impl Iterator<Item = String>,
) -> &'q mut QueryBuilder<DB>
where
    String: for<'a> Encode<'a, DB> + Type<DB>,
{
    query.push(" (");
    let mut list = query.separated(", ");
    for text in texts {
        list.push_bind(text);
    }
    query.push(")")
}

/// Names the place of a value that cannot be read: `parse(&row.digest).map_err(lies("versions", "digest", &row.id))`.
pub(crate) fn lies<E>(table: &'static str, column: &'static str, row: &str) -> impl FnOnce(E) -> StoreError {
    move |_| StoreError::Corrupt { table, column, row: row.to_owned() }
}

/// Reads a JSON column.
pub(crate) fn from_json<T: DeserializeOwned>(
    value: Value,
    table: &'static str,
    column: &'static str,
    row: &str,
) -> Result<T> {
    serde_json::from_value(value).map_err(lies(table, column, row))
}

/// Reads a column that holds one word of an enum.
pub(crate) fn from_word<T: DeserializeOwned>(
    word: String,
    table: &'static str,
    column: &'static str,
    row: &str,
) -> Result<T> {
    from_json(Value::String(word), table, column, row)
}

/// The word an enum is written as.
pub(crate) fn to_word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}
