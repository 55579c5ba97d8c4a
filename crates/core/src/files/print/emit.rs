//! YAML and JSON text. The YAML is read alike by readers of YAML 1.1 and 1.2: whatever either could take for
//! something else than a text is quoted.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// Columns up to which a list of short words stands on one line.
const LINE: usize = 80;

/// A map as JSON with two spaces of indentation.
pub(super) fn json(map: &Map<String, Value>) -> String {
    let mut text = serde_json::to_string_pretty(map).unwrap_or_default();
    text.push('\n');
    text
}

/// A map as a YAML document.
pub(super) fn yaml(map: &Map<String, Value>) -> String {
    let mut out = String::new();
    entries(&mut out, map, 0);
    out
}

/// Entries, each on a line of its own. The caller has written the indentation of the first.
fn entries(out: &mut String, map: &Map<String, Value>, indent: usize) {
    for (index, (key, value)) in map.iter().enumerate() {
        if index > 0 {
            pad(out, indent);
        }
        let key = word(key, true);
        // A key longer than YAML looks ahead needs its own marker.
        if key.len() > 500 {
            let _ = writeln!(out, "? {key}");
            pad(out, indent);
        } else {
            out.push_str(&key);
        }
        out.push(':');
        self::value(out, value, indent);
    }
}

/// What follows a key or a dash, with its line end.
fn value(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            pad(out, indent + 2);
            entries(out, map, indent + 2);
        }
        Value::Array(items) if !items.is_empty() => {
            if let Some(line) = short_list(items) {
                let _ = writeln!(out, " {line}");
            } else {
                out.push('\n');
                list(out, items, indent + 2);
            }
        }
        Value::String(text) => {
            let line = || format!("{}\n", word(text, false));
            let _ = write!(out, " {}", block(text, indent + 2).unwrap_or_else(line));
        }
        other => {
            let _ = writeln!(out, " {other}");
        }
    }
}

fn list(out: &mut String, items: &[Value], indent: usize) {
    for item in items {
        pad(out, indent);
        out.push('-');
        match item {
            Value::Object(map) if !map.is_empty() => {
                out.push(' ');
                entries(out, map, indent + 2);
            }
            item => value(out, item, indent),
        }
    }
}

/// A list of words, numbers and booleans that fits on one line.
fn short_list(items: &[Value]) -> Option<String> {
    let mut line = String::from("[");
    for item in items {
        if line.len() > 1 {
            line.push_str(", ");
        }
        match item {
            Value::String(text) => line.push_str(&word(text, true)),
            Value::Array(_) | Value::Object(_) => return None,
            other => line.push_str(&other.to_string()),
        }
        if line.len() > LINE {
            return None;
        }
    }
    line.push(']');
    Some(line)
}

/// A text of several lines (or with quotes in it) as a literal block, when a block can hold it.
fn block(text: &str, indent: usize) -> Option<String> {
    let fits = text.contains(['\n', '"', '\\'])
        && !text.contains(must_be_escaped)
        && !text.starts_with('\t')
        && !text.starts_with('\n')
        && text.lines().next_back().is_some_and(|last| !last.trim().is_empty());
    if !fits {
        return None;
    }
    let mut out = String::from("|");
    if text.starts_with(' ') {
        out.push('2');
    }
    out.push_str(if text.ends_with('\n') { "" } else { "-" });
    for line in text.lines() {
        out.push('\n');
        if !line.is_empty() {
            pad(&mut out, indent);
            out.push_str(line);
        }
    }
    out.push('\n');
    Some(out)
}

/// A text on one line: plain when every reader takes it for a text, else in double quotes.
fn word(text: &str, in_flow: bool) -> String {
    let plain =
        |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '/' | '@' | '(' | ')' | '\'');
    let is_plain = text.starts_with(char::is_alphabetic)
        && text.chars().all(|c| plain(c) || (c == ',' && !in_flow))
        && !text.ends_with(' ')
        && !is_word_of_yaml(text);
    if is_plain { text.to_owned() } else { quoted(text) }
}

fn is_word_of_yaml(text: &str) -> bool {
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    words.contains(&text.to_ascii_lowercase().as_str())
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if must_be_escaped(c) => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Characters that YAML cannot hold as they are, or takes for line ends.
fn must_be_escaped(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}
