//! Values at render: looking into them, their truth, and how they are printed.

use std::fmt::Write as _;

use serde_json::{Map, Number, Value};

/// A value, borrowed from the caller's variables or made on the way. Copying one never copies data.
#[derive(Clone, Copy, Debug)]
pub(super) enum Val<'a> {
    Null,
    Bool(bool),
    Number(&'a Number),
    Count(usize),
    Text(&'a str),
    List(&'a [Value]),
    Object(&'a Map<String, Value>),
}

impl<'a> From<&'a Value> for Val<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => Self::Text(text),
            Value::Array(items) => Self::List(items),
            Value::Object(map) => Self::Object(map),
        }
    }
}

impl<'a> Val<'a> {
    /// A field of an object, an item of a list, or the `length` of a list.
    pub(super) fn field(self, name: &str) -> Option<Val<'a>> {
        match self {
            Self::Object(map) => map.get(name).map(Val::from),
            Self::List(items) if name == "length" => Some(Val::Count(items.len())),
            Self::List(items) if name.bytes().all(|byte| byte.is_ascii_digit()) => {
                name.parse::<usize>().ok().and_then(|index| items.get(index)).map(Val::from)
            }
            _ => None,
        }
    }

    /// 0, empty texts, lists and objects, `false` and `null` are false.
    pub(super) fn is_true(self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(value) => value,
            Self::Number(_) | Self::Count(_) => !self.is_zero(),
            Self::Text(text) => !text.is_empty(),
            Self::List(items) => !items.is_empty(),
            Self::Object(map) => !map.is_empty(),
        }
    }

    pub(super) fn is_zero(self) -> bool {
        matches!(self, Self::Number(_) | Self::Count(_)) && self.as_f64() == Some(0.0)
    }

    pub(super) fn as_f64(self) -> Option<f64> {
        match self {
            Self::Number(number) => number.as_f64(),
            #[expect(clippy::cast_precision_loss, reason = "lengths of lists in memory are far below 2^52")]
            Self::Count(count) => Some(count as f64),
            _ => None,
        }
    }

    pub(super) fn as_i128(self) -> Option<i128> {
        match self {
            Self::Number(number) => number.as_i128(),
            Self::Count(count) => i128::try_from(count).ok(),
            _ => None,
        }
    }

    /// What it is, for messages.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) | Self::Count(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// Takes text and says when it is full.
pub(super) trait Sink {
    type Full;

    fn put(&mut self, text: &str) -> Result<(), Self::Full>;
}

/// Prints a value: texts as they are, `true` and `false`, lists and objects as Python's `str()` writes them.
pub(super) fn print<S: Sink>(value: Val<'_>, out: &mut S) -> Result<(), S::Full> {
    match value {
        Val::Null => Ok(()),
        Val::Bool(value) => out.put(if value { "true" } else { "false" }),
        Val::Text(text) => out.put(text),
        other => inside(other, out),
    }
}

/// Prints a value inside a list or an object. Depth is that of the caller's JSON, which is limited where it is read.
fn inside<S: Sink>(value: Val<'_>, out: &mut S) -> Result<(), S::Full> {
    match value {
        Val::Null => out.put("None"),
        Val::Bool(value) => out.put(if value { "True" } else { "False" }),
        Val::Number(number) => out.put(&number_text(number)),
        Val::Count(count) => out.put(&count.to_string()),
        Val::Text(text) => quoted(text, out),
        Val::List(items) => {
            out.put("[")?;
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.put(", ")?;
                }
                nested(item, out)?;
            }
            out.put("]")
        }
        Val::Object(map) => {
            out.put("{")?;
            for (index, (key, item)) in map.iter().enumerate() {
                if index > 0 {
                    out.put(", ")?;
                }
                quoted(key, out)?;
                out.put(": ")?;
                nested(item, out)?;
            }
            out.put("}")
        }
    }
}

fn nested<S: Sink>(item: &Value, out: &mut S) -> Result<(), S::Full> {
    stacker::maybe_grow(64 << 10, 1 << 20, || inside(item.into(), out))
}

/// A text between quotes, as Python's `repr()` writes it.
fn quoted<S: Sink>(text: &str, out: &mut S) -> Result<(), S::Full> {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut buffer = [0; 4];
    out.put(quote.encode_utf8(&mut buffer))?;
    let mut plain = 0;
    for (offset, character) in text.char_indices() {
        let escaped = match character {
            '\n' => "\\n".to_owned(),
            '\r' => "\\r".to_owned(),
            '\t' => "\\t".to_owned(),
            '\\' => "\\\\".to_owned(),
            _ if character == quote => format!("\\{quote}"),
            _ if character.is_control() => format!("\\x{:02x}", u32::from(character)),
            _ => continue,
        };
        out.put(&text[plain..offset])?;
        out.put(&escaped)?;
        plain = offset + character.len_utf8();
    }
    out.put(&text[plain..])?;
    out.put(quote.encode_utf8(&mut buffer))
}

/// A number as Python's `repr()` writes it: `1`, `1.0`, `1e+20`, `1e-05`.
fn number_text(number: &Number) -> String {
    let Some(float) = number.as_f64().filter(|_| number.is_f64()) else { return number.to_string() };
    let scientific = format!("{float:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        return format!("{float:?}");
    }
    let mut text = mantissa.to_owned();
    let sign = if exponent < 0 { '-' } else { '+' };
    // Writing into a String cannot fail.
    let _ = write!(text, "e{sign}{:02}", exponent.unsigned_abs());
    text
}
