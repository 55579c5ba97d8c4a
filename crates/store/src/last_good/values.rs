//! Rows as bytes: a table, a count, and each value behind a letter and its length.

use chrono::DateTime;
use promptsync_core::time::Timestamp;
use serde_json::Value as Json;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Bytes,
    Json,
    Moment,
}

/// A value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null(Kind),
    Text(String),
    Number(i64),
    Bytes(Vec<u8>),
    Json(Json),
    Moment(Timestamp),
}

impl Kind {
    fn letter(self) -> u8 {
        match self {
            Self::Text => b'T',
            Self::Number => b'N',
            Self::Bytes => b'Y',
            Self::Json => b'J',
            Self::Moment => b'M',
        }
    }

    fn of(letter: u8) -> Option<Self> {
        [Self::Text, Self::Number, Self::Bytes, Self::Json, Self::Moment]
            .into_iter()
            .find(|kind| kind.letter() == letter)
    }
}

/// Adds a piece behind its length.
pub(super) fn put(bytes: &mut Vec<u8>, piece: &[u8]) {
    bytes.extend_from_slice(&u32::try_from(piece.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(piece);
}

/// Takes a piece that [`put`] added.
pub(super) fn take<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (piece, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    *bytes = rest;
    Some(piece)
}

/// Adds a row of the table with this number.
pub(super) fn put_row(bytes: &mut Vec<u8>, table: u8, values: &[Value]) {
    bytes.push(table);
    for value in values {
        match value {
            Value::Null(kind) => bytes.push(kind.letter().to_ascii_lowercase()),
            Value::Text(text) => put_value(bytes, Kind::Text, text.as_bytes()),
            Value::Number(number) => put_value(bytes, Kind::Number, &number.to_be_bytes()),
            Value::Bytes(value) => put_value(bytes, Kind::Bytes, value),
            Value::Json(json) => put_value(bytes, Kind::Json, json.to_string().as_bytes()),
            Value::Moment(at) => put_value(bytes, Kind::Moment, &at.timestamp_micros().to_be_bytes()),
        }
    }
}

fn put_value(bytes: &mut Vec<u8>, kind: Kind, piece: &[u8]) {
    bytes.push(kind.letter());
    put(bytes, piece);
}

/// Takes the values of a row with these columns.
pub(super) fn take_values(bytes: &mut &[u8], kinds: &[Kind]) -> Option<Vec<Value>> {
    kinds.iter().map(|kind| take_value(bytes, *kind)).collect()
}

fn take_value(bytes: &mut &[u8], kind: Kind) -> Option<Value> {
    let (letter, rest) = bytes.split_first()?;
    *bytes = rest;
    if letter.is_ascii_lowercase() {
        return (Kind::of(letter.to_ascii_uppercase())? == kind).then_some(Value::Null(kind));
    }
    if Kind::of(*letter)? != kind {
        return None;
    }
    let piece = take(bytes)?;
    Some(match kind {
        Kind::Text => Value::Text(String::from_utf8(piece.to_vec()).ok()?),
        Kind::Number => Value::Number(i64::from_be_bytes(piece.try_into().ok()?)),
        Kind::Bytes => Value::Bytes(piece.to_vec()),
        Kind::Json => Value::Json(serde_json::from_slice(piece).ok()?),
        Kind::Moment => {
            Value::Moment(DateTime::from_timestamp_micros(i64::from_be_bytes(piece.try_into().ok()?))?)
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KINDS: &[Kind] = &[Kind::Text, Kind::Number, Kind::Bytes, Kind::Json, Kind::Moment];

    fn row() -> Vec<Value> {
        vec![
            Value::Text("ä".to_owned()),
            Value::Number(-7),
            Value::Bytes(vec![0, 255]),
            Value::Json(json!({ "a": [1] })),
            Value::Moment(DateTime::from_timestamp_micros(1_700_000_000_123_456).expect("a moment")),
        ]
    }

    #[test]
    fn a_row_reads_back_as_it_was() {
        let mut bytes = Vec::new();
        put_row(&mut bytes, 3, &row());
        put_row(&mut bytes, 4, &KINDS.iter().map(|kind| Value::Null(*kind)).collect::<Vec<_>>());
        let mut rest = &bytes[1..];
        assert_eq!(take_values(&mut rest, KINDS), Some(row()));
        assert_eq!(rest[0], 4);
        rest = &rest[1..];
        let nothing = take_values(&mut rest, KINDS).expect("five values");
        assert!(nothing.iter().all(|value| matches!(value, Value::Null(_))) && rest.is_empty());
    }

    #[test]
    fn a_row_that_was_cut_is_none() {
        let mut bytes = Vec::new();
        put_row(&mut bytes, 3, &row());
        for end in 1..bytes.len() {
            assert_eq!(take_values(&mut &bytes[1..end], KINDS), None, "{end}");
        }
    }
}
