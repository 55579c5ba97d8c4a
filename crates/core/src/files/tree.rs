//! What YAML and JSON files are read into: a tree whose scalars keep their source text, so that the reader of a
//! field decides what `1.10`, `no` or `0777` means.

use indexmap::IndexMap;
use serde_json::{Map, Number, Value};

use crate::problem::Problem;

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// Line and column, from 1: of the key for a value in a map, of the value itself otherwise.
    pub(super) at: (u32, u32),
    pub(super) tree: Tree,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tree {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Entries),
}

/// The entries of a map, in the order of the file.
pub(super) type Entries = IndexMap<String, Node>;

/// A scalar as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scalar {
    /// Its text, escapes and folding undone.
    pub(super) text: String,
    pub(super) style: Style,
    /// Line and column of its first character (a quote or `|` included).
    pub(super) at: (u32, u32),
    /// Where it stands in the source, in bytes.
    pub(super) span: (usize, usize),
}

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Without quotes in YAML: a text, number, boolean or null, as the field wants.
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes, with escapes.
    Double,
    /// A block after `|`.
    Literal,
    /// A block after `>`.
    Folded,
    /// A number, boolean or null of JSON: never a text.
    Json,
}

impl Node {
    /// The text, when the value can be read as one.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.tree {
            Tree::Scalar(scalar) if scalar.style != Style::Json && !self.is_null() => Some(&scalar.text),
            _ => None,
        }
    }

    /// Whether this is null or nothing.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.tree, Tree::Scalar(Scalar { text, style: Style::Plain | Style::Json, .. })
            if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// Whether this is null, or a list or map without entries.
    pub(super) fn is_empty(&self) -> bool {
        match &self.tree {
            Tree::Scalar(_) => self.is_null(),
            Tree::List(items) => items.is_empty(),
            Tree::Map(entries) => entries.is_empty(),
        }
    }

    /// What this is, for a message.
    pub(super) fn what(&self) -> &'static str {
        match &self.tree {
            Tree::List(_) => "a list",
            Tree::Map(_) => "a mapping",
            Tree::Scalar(scalar) => match scalar.untyped() {
                Some(Value::Null) => "null",
                Some(Value::Bool(_)) => "a boolean",
                Some(Value::String(_)) => "a text",
                _ => "a number",
            },
        }
    }

    /// The value where no type is expected. Depth is bounded by the reader of the file.
    pub(super) fn into_value(self) -> Result<Value, Problem> {
        match self.tree {
            Tree::Scalar(scalar) => match scalar.untyped() {
                Some(Value::String(_)) => Ok(Value::String(scalar.text)),
                Some(value) => Ok(value),
                None => Err(out_of_range(&scalar)),
            },
            Tree::List(items) => items.into_iter().map(Self::into_value).collect(),
            Tree::Map(entries) => entries
                .into_iter()
                .map(|(key, node)| Ok((key, node.into_value()?)))
                .collect::<Result<Map<_, _>, _>>()
                .map(Value::Object),
        }
    }
}

fn out_of_range(scalar: &Scalar) -> Problem {
    let shown: String = scalar.text.chars().take(40).collect();
    Problem::new("number_out_of_range", format!("the number `{shown}` is out of range"))
        .hint("quote it to keep it as a text")
        .at(scalar.at.0, scalar.at.1)
}

impl Scalar {
    /// A text that stands nowhere as a scalar of its own.
    pub(super) fn written(text: String, at: (u32, u32)) -> Self {
        Self { text, style: Style::Single, at, span: (0, 0) }
    }

    /// The value by the rules of YAML 1.2 (core schema) and JSON; `None` for a number that cannot be held.
    ///
    /// A number with leading zeros, `0x…` and `0o…` stay texts: they are codes more often than numbers.
    pub(super) fn untyped(&self) -> Option<Value> {
        if !matches!(self.style, Style::Plain | Style::Json) {
            return Some(Value::String(self.text.clone()));
        }
        Some(match self.text.as_str() {
            "" | "~" | "null" | "Null" | "NULL" => Value::Null,
            "true" | "True" | "TRUE" => Value::Bool(true),
            "false" | "False" | "FALSE" => Value::Bool(false),
            text if is_special_float(text) => return None,
            text if is_number(text) => Value::Number(number(text)?),
            text => Value::String(text.to_owned()),
        })
    }
}

fn is_special_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN")
}

/// Whether a plain text is a number of the core schema, `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`,
/// without leading zeros.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) =
        unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(m, exponent)| (m, Some(exponent)));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    let mantissa_is_one = match fraction {
        None => digits(whole),
        Some(fraction) if whole.is_empty() => digits(fraction),
        Some(fraction) => digits(whole) && (fraction.is_empty() || digits(fraction)),
    };
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    let exponent_is_one = exponent.is_none_or(|part| digits(part.strip_prefix(['-', '+']).unwrap_or(part)));
    mantissa_is_one && exponent_is_one && !leading_zero
}

fn number(text: &str) -> Option<Number> {
    let text = text.strip_prefix('+').unwrap_or(text);
    if text.contains(['.', 'e', 'E']) {
        return text.parse().ok().and_then(Number::from_f64);
    }
    text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from)).ok()
}
