//! Filters on texts and numbers, as Python's Jinja2 has them.

#![expect(clippy::needless_pass_by_value, reason = "the engine passes arguments by value")]

use std::{borrow::Cow, fmt::Write as _};

use minijinja::{
    Error, State, Value,
    value::{DynObject, Kwargs, Rest, ValueKind, ValueOrKwargs, from_args},
};

use super::{
    budget::{charge, out_of_range, refused},
    environment, print,
};

/// The widest indentation or line.
const WIDEST: i64 = 10_000;

/// Escapes HTML with the entities that Python's markupsafe uses.
pub(super) fn escape(text: Cow<'_, str>) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\'' => escaped.push_str("&#39;"),
            '"' => escaped.push_str("&#34;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// Upper-cases the first letter of each word and lower-cases the rest.
pub(super) fn title(text: Cow<'_, str>) -> String {
    let mut titled = String::with_capacity(text.len());
    let mut starts = true;
    for c in text.chars() {
        if starts {
            titled.extend(c.to_uppercase());
        } else {
            titled.extend(c.to_lowercase());
        }
        starts = c.is_whitespace() || "-({[<".contains(c);
    }
    titled
}

/// Percent-encodes a text, or the pairs of a map or list as a query.
pub(super) fn urlencode(value: &Value) -> Result<String, Error> {
    if let Some(text) = value.as_str() {
        return Ok(quote(text, false));
    }
    let pair = |key: &Value, value: &Value| {
        format!("{}={}", quote(&print::text(key), true), quote(&print::text(value), true))
    };
    let pairs: Vec<String> = match value.kind() {
        ValueKind::Map => {
            let pairs = value.as_object().and_then(DynObject::try_iter_pairs);
            pairs.into_iter().flatten().map(|(key, value)| pair(&key, &value)).collect()
        }
        ValueKind::Seq | ValueKind::Iterable => value
            .try_iter()?
            .map(|item| Ok(pair(&item.get_item_by_index(0)?, &item.get_item_by_index(1)?)))
            .collect::<Result<_, Error>>()?,
        _ => return Ok(quote(&print::text(value), false)),
    };
    Ok(pairs.join("&"))
}

fn quote(text: &str, in_query: bool) -> String {
    let mut quoted = String::with_capacity(text.len());
    for &byte in text.as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => {
                quoted.push(char::from(byte));
            }
            b'/' if !in_query => quoted.push('/'),
            b' ' if in_query => quoted.push('+'),
            // Writing to a String cannot fail.
            _ => drop(write!(quoted, "%{byte:02X}")),
        }
    }
    quoted
}

/// The most characters that a trim may look for: each is tried on each character of the text.
const TRIMMED: usize = 256;

/// Refuses to trim by a set of characters too large.
pub(super) fn check_trimmed(name: &str, characters: &str) -> Result<(), Error> {
    if characters.chars().nth(TRIMMED).is_some() {
        return Err(out_of_range(name, format!("at most {TRIMMED} characters can be trimmed")));
    }
    Ok(())
}

/// Removes blanks, or the given characters, from both ends.
pub(super) fn trim(text: Cow<'_, str>, characters: Option<Cow<'_, str>>) -> Result<String, Error> {
    let Some(characters) = characters else { return Ok(text.trim().to_owned()) };
    check_trimmed("trim", &characters)?;
    let characters: Vec<char> = characters.chars().collect();
    Ok(text.trim_matches(&characters[..]).to_owned())
}

/// Counts the words.
pub(super) fn wordcount(text: Cow<'_, str>) -> usize {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).count()
}

/// Indents every line but the first.
pub(super) fn indent(
    text: Cow<'_, str>,
    width: Option<Value>,
    first: Option<bool>,
    blank: Option<bool>,
    named: Kwargs,
) -> Result<String, Error> {
    let width = width.or(named.get("width")?);
    let first = first.or(named.get("first")?).unwrap_or(false);
    let blank = blank.or(named.get("blank")?).unwrap_or(false);
    named.assert_all_used()?;
    let margin = match width {
        None => " ".repeat(4),
        Some(width) => {
            if let Some(margin) = width.as_str() {
                margin.to_owned()
            } else {
                let columns = bounded("indent", &width)?;
                " ".repeat(columns)
            }
        }
    };
    let lines: Vec<&str> = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
    charge((text.len() as u64).saturating_add((lines.len() as u64).saturating_mul(margin.len() as u64)))?;
    let mut indented = String::new();
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            indented.push('\n');
        }
        if (index == 0 && first) || (index > 0 && (blank || !line.is_empty())) {
            indented.push_str(&margin);
        }
        indented.push_str(line);
    }
    Ok(indented)
}

fn bounded(name: &str, width: &Value) -> Result<usize, Error> {
    let Ok(width) = i64::try_from(width.clone()) else {
        return Err(refused(format!("{name}: the width must be a whole number")));
    };
    if width > WIDEST {
        return Err(out_of_range(name, format!("the width may be at most {WIDEST}")));
    }
    Ok(usize::try_from(width).unwrap_or(0))
}

/// Cuts a text to a length.
pub(super) fn truncate(text: Cow<'_, str>, arguments: Rest<ValueOrKwargs>) -> Result<String, Error> {
    type Arguments = (Option<i64>, Option<bool>, Option<String>, Option<i64>, Kwargs);
    let arguments = arguments.into_values();
    let (length, kill_words, end, leeway, named): Arguments = from_args(&arguments)?;
    let length = length.or(named.get("length")?).unwrap_or(255);
    let kill_words = kill_words.or(named.get("killwords")?).unwrap_or(false);
    let end = match end {
        Some(end) => end,
        None => named.get::<Option<String>>("end")?.unwrap_or_else(|| "...".to_owned()),
    };
    let leeway = leeway.or(named.get("leeway")?).unwrap_or(5).max(0);
    named.assert_all_used()?;
    let (Ok(length), Ok(leeway)) = (usize::try_from(length), usize::try_from(leeway)) else {
        return Err(out_of_range("truncate", "the length cannot be negative"));
    };
    let tail = end.chars().count();
    if length < tail {
        return Err(out_of_range("truncate", format!("the length must be at least {tail}, that of `end`")));
    }
    if text.chars().count() <= length.saturating_add(leeway) {
        return Ok(text.into_owned());
    }
    let mut kept: String = text.chars().take(length - tail).collect();
    if !kill_words && let Some(space) = kept.rfind(' ') {
        kept.truncate(space);
    }
    Ok(kept + &end)
}

/// Breaks lines at a width.
pub(super) fn wordwrap(text: Cow<'_, str>, arguments: Rest<ValueOrKwargs>) -> Result<String, Error> {
    type Arguments = (Option<Value>, Option<bool>, Option<String>, Option<bool>, Kwargs);
    let arguments = arguments.into_values();
    let (width, break_long_words, wrap_string, break_on_hyphens, named): Arguments = from_args(&arguments)?;
    let width = width.or(named.get("width")?).unwrap_or_else(|| Value::from(79));
    let break_words = break_long_words.or(named.get("break_long_words")?).unwrap_or(true);
    let between = match wrap_string {
        Some(between) => between,
        None => named.get::<Option<String>>("wrapstring")?.unwrap_or_else(|| "\n".to_owned()),
    };
    let hyphens = break_on_hyphens.or(named.get("break_on_hyphens")?).unwrap_or(true);
    named.assert_all_used()?;
    let width = bounded("wordwrap", &width)?;
    if width == 0 {
        return Err(out_of_range("wordwrap", "the width must be at least 1"));
    }
    let mut lines = Vec::new();
    for line in text.lines() {
        let wrapped = wrap_line(line, width, break_words, hyphens);
        if wrapped.is_empty() {
            lines.push(String::new());
        }
        lines.extend(wrapped);
    }
    charge((text.len() as u64).saturating_add(lines.len() as u64 * (between.len() as u64 + 24)))?;
    Ok(lines.join(&between))
}

fn wrap_line(line: &str, width: usize, break_words: bool, hyphens: bool) -> Vec<String> {
    let mut chunks = chunks(line, hyphens);
    chunks.reverse();
    let mut lines = Vec::new();
    while let Some(&next) = chunks.last() {
        if !lines.is_empty() && is_blank(next) {
            chunks.pop();
        }
        let (mut current, mut length) = (Vec::new(), 0);
        while let Some(&chunk) = chunks.last() {
            let Some(size) = size_within(chunk, width - length) else { break };
            length += size;
            current.push(chunk);
            chunks.pop();
        }
        if let Some(chunk) = chunks.last_mut()
            && size_within(chunk, width).is_none()
        {
            if break_words {
                let room = (width - length).max(1);
                let cut = chunk.char_indices().nth(room).map_or(chunk.len(), |(at, _)| at);
                current.push(&chunk[..cut]);
                *chunk = &chunk[cut..];
            } else if current.is_empty() {
                current.extend(chunks.pop());
            }
        }
        if current.last().is_some_and(|chunk| is_blank(chunk)) {
            current.pop();
        }
        if !current.is_empty() {
            lines.push(current.concat());
        }
    }
    lines
}

fn is_blank(chunk: &str) -> bool {
    chunk.starts_with(char::is_whitespace)
}

/// The number of characters, when there are at most `most`; looks no further.
fn size_within(chunk: &str, most: usize) -> Option<usize> {
    let size = chunk.chars().take(most.saturating_add(1)).count();
    (size <= most).then_some(size)
}

/// Words and the blanks between them; words end after a hyphen between letters too.
fn chunks(line: &str, hyphens: bool) -> Vec<&str> {
    let characters: Vec<(usize, char)> = line.char_indices().collect();
    let letter = |at: usize| characters.get(at).is_some_and(|(_, c)| c.is_alphabetic());
    let mut chunks = Vec::new();
    let mut start = 0;
    for (index, &(at, c)) in characters.iter().enumerate().skip(1) {
        let (_, before) = characters[index - 1];
        let after_hyphen = hyphens
            && before == '-'
            && index >= 3
            && letter(index - 2)
            && letter(index - 3)
            && letter(index)
            && letter(index + 1);
        if before.is_whitespace() != c.is_whitespace() || after_hyphen {
            chunks.push(&line[start..at]);
            start = at;
        }
    }
    if start < line.len() {
        chunks.push(&line[start..]);
    }
    chunks
}

/// A whole number; the default, or 0, for what is none.
pub(super) fn int(
    state: &State<'_, '_>,
    value: &Value,
    default: Option<Value>,
    base: Option<u32>,
    named: Kwargs,
) -> Result<Value, Error> {
    environment::defined(state, value)?;
    let default = default.or(named.get("default")?).unwrap_or_else(|| Value::from(0));
    let base = base.or(named.get("base")?).unwrap_or(10);
    named.assert_all_used()?;
    if !(2..=36).contains(&base) {
        return Err(out_of_range("int", "the base must be between 2 and 36"));
    }
    let float = |number: f64| {
        #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and the range is checked")]
        let whole = number.trunc() as i128;
        if number.is_finite() && number.abs() < 1e36 { compact(whole) } else { default.clone() }
    };
    if value.kind() == ValueKind::Bool {
        return Ok(Value::from(i64::from(value.is_true())));
    }
    if let Some(text) = value.as_str() {
        let text = text.trim().replace('_', "");
        let digits = match base {
            16 => text.strip_prefix("0x").unwrap_or(&text),
            8 => text.strip_prefix("0o").unwrap_or(&text),
            2 => text.strip_prefix("0b").unwrap_or(&text),
            _ => &text,
        };
        if let Ok(number) = i128::from_str_radix(digits, base) {
            return Ok(compact(number));
        }
        return Ok(text.parse().map_or_else(|_| default.clone(), float));
    }
    if value.is_integer() {
        return Ok(value.clone());
    }
    Ok(f64::try_from(value.clone()).map_or_else(|_| default.clone(), float))
}

fn compact(number: i128) -> Value {
    i64::try_from(number).map_or_else(|_| Value::from(number), Value::from)
}

/// A number with a fraction; the default, or 0.0, for what is none.
pub(super) fn float(
    state: &State<'_, '_>,
    value: &Value,
    default: Option<Value>,
    named: Kwargs,
) -> Result<Value, Error> {
    environment::defined(state, value)?;
    let default = default.or(named.get("default")?).unwrap_or_else(|| Value::from(0.0));
    named.assert_all_used()?;
    if value.kind() == ValueKind::Bool {
        return Ok(Value::from(f64::from(u8::from(value.is_true()))));
    }
    let number = match value.as_str() {
        Some(text) => text.trim().replace('_', "").parse().ok(),
        None => f64::try_from(value.clone()).ok(),
    };
    Ok(number.map_or(default, Value::from))
}
