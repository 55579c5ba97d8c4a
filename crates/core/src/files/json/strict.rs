//! JSON text into a value, refusing what two parsers could read in two ways.

use std::{cell::Cell, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::{
    files::text::{control_character, to_u32},
    limits::Limits,
    problem::Problem,
};

/// Reads a JSON text strictly, in one pass: the reader of request bodies and of prompt files.
///
/// Refused are: a key named twice in one object (`json_duplicate_key`), nesting beyond [`Limits::depth`]
/// (`json_depth`), control characters other than tab, LF and CR in keys and strings (`json_control_character`),
/// numbers that cannot be held (`number_out_of_range`), and everything that is not JSON (`json_syntax`).
pub fn parse_strict(bytes: &[u8], limits: &Limits) -> Result<Value, Problem> {
    let refused = Cell::new(None);
    let has_large_float = Cell::new(false);
    let seed = Strict { depth: 0, limit: limits.depth, refused: &refused, has_large_float: &has_large_float };
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = seed
        .deserialize(&mut json)
        .and_then(|value| json.end().map(|()| value))
        .map_err(|error| describe(&error, refused.get(), limits))?;
    if has_large_float.get() && has_oversized_integer(bytes) {
        return Err(Problem::new("number_out_of_range", "a whole number is out of range")
            .hint("write it as a string, or with an exponent"));
    }
    Ok(value)
}

/// Why a value that is JSON was refused.
#[derive(Clone, Copy)]
enum Refused {
    DuplicateKey,
    Depth,
    Control,
}

#[derive(Clone, Copy)]
struct Strict<'c> {
    depth: usize,
    limit: usize,
    refused: &'c Cell<Option<Refused>>,
    /// Set when a number may be an integer that was read as a float.
    has_large_float: &'c Cell<bool>,
}

impl Strict<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= self.limit {
            self.refused.set(Some(Refused::Depth));
            return Err(E::custom("nested too deep"));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    fn text<E: serde::de::Error>(self, text: String) -> Result<String, E> {
        if control_character(&text).is_some() {
            self.refused.set(Some(Refused::Control));
            return Err(E::custom("control character"));
        }
        Ok(text)
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        // Integers above this size arrive here as floats.
        if value.abs() >= 9.2e18 {
            self.has_large_float.set(true);
        }
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        self.text(value.to_owned()).map(Value::String)
    }

    fn visit_string<E: serde::de::Error>(self, value: String) -> Result<Value, E> {
        self.text(value).map(Value::String)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let key = self.text(key)?;
            if map.contains_key(&key) {
                self.refused.set(Some(Refused::DuplicateKey));
                return Err(A::Error::custom("duplicate key"));
            }
            map.insert(key, entries.next_value_seed(inner)?);
        }
        Ok(Value::Object(map))
    }
}

fn describe(error: &serde_json::Error, refused: Option<Refused>, limits: &Limits) -> Problem {
    let problem = match refused {
        Some(Refused::DuplicateKey) => Problem::new("json_duplicate_key", "an object names a key twice"),
        Some(Refused::Depth) => too_deep(limits.depth),
        Some(Refused::Control) => Problem::new("json_control_character", "a text holds a control character")
            .hint("tab, line feed and carriage return are the only ones allowed"),
        None => {
            let words = error.to_string();
            let reason = words.split(" at line ").next().unwrap_or(&words);
            match reason {
                "number out of range" => Problem::new("number_out_of_range", "a number is out of range"),
                "recursion limit exceeded" => too_deep(limits.depth),
                _ => Problem::new("json_syntax", format!("the JSON cannot be read: {reason}")),
            }
        }
    };
    problem.at(to_u32(error.line().max(1)), to_u32(error.column().max(1)))
}

fn too_deep(limit: usize) -> Problem {
    Problem::new("json_depth", format!("the JSON is nested deeper than {limit} levels"))
}

/// Whether some integer of a valid JSON text does not fit 64 bits, so that it was read as a float.
fn has_oversized_integer(bytes: &[u8]) -> bool {
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = end_of_string(bytes, at),
            b'-' | b'0'..=b'9' => {
                let number = |b: &u8| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E');
                let length = bytes[at..].iter().take_while(|b| number(b)).count();
                let text = String::from_utf8_lossy(&bytes[at..at + length]);
                let is_integer = !text.contains(['.', 'e', 'E']);
                if is_integer && text.parse::<i64>().is_err() && text.parse::<u64>().is_err() {
                    return true;
                }
                at += length;
            }
            _ => at += 1,
        }
    }
    false
}

/// The offset after the closing quote of the string that starts at `at`, in a valid JSON text.
pub(super) fn end_of_string(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while end < bytes.len() && bytes[end] != b'"' {
        end += if bytes[end] == b'\\' { 2 } else { 1 };
    }
    (end + 1).min(bytes.len())
}
