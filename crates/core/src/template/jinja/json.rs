//! `tojson` as Python's Jinja2 writes it, and `pprint`.

#![expect(clippy::needless_pass_by_value, reason = "the engine passes arguments by value")]

use std::fmt::Write as _;

use minijinja::{
    Error, Value,
    value::{Kwargs, ValueKind},
};

use super::{
    budget::{DEPTH, charge, out_of_range, refused},
    print::repr,
};

/// Writes JSON with sorted keys, ASCII only, and nothing that HTML would read as markup.
pub(super) fn tojson(value: &Value, indent: Option<Value>, named: Kwargs) -> Result<Value, Error> {
    let indent = indent.or(named.get("indent")?).filter(|indent| !indent.is_none());
    named.assert_all_used()?;
    let indent = match indent {
        None => None,
        Some(indent) => match usize::try_from(indent) {
            Ok(indent) if indent <= 16 => Some(indent),
            _ => return Err(out_of_range("tojson", "the indent must be between 0 and 16")),
        },
    };
    let mut out = String::new();
    write(&mut out, value, indent, 0)?;
    Ok(Value::from(out))
}

fn write(out: &mut String, value: &Value, indent: Option<usize>, depth: usize) -> Result<(), Error> {
    if depth > DEPTH {
        return Err(refused("tojson: nested too deep"));
    }
    match value.kind() {
        ValueKind::None => out.push_str("null"),
        ValueKind::Bool => out.push_str(if value.is_true() { "true" } else { "false" }),
        ValueKind::Number => out.push_str(&repr(value)),
        ValueKind::String => text(out, value.as_str().unwrap_or_default()),
        ValueKind::Seq | ValueKind::Iterable => {
            let items: Vec<Value> = value.try_iter()?.checked().collect::<Result<_, _>>()?;
            list(out, '[', ']', items.len(), indent, depth, |out, index| {
                write(out, &items[index], indent, depth + 1)
            })?;
        }
        ValueKind::Map => {
            let pairs = value.as_object().and_then(minijinja::value::DynObject::try_iter_pairs);
            let mut pairs: Vec<(String, Value)> =
                pairs.into_iter().flatten().map(|(key, value)| (key.to_string(), value)).collect();
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            list(out, '{', '}', pairs.len(), indent, depth, |out, index| {
                let (key, value) = &pairs[index];
                text(out, key);
                out.push_str(": ");
                write(out, value, indent, depth + 1)
            })?;
        }
        kind => return Err(refused(format!("tojson: {kind} cannot be written as JSON"))),
    }
    Ok(())
}

fn list(
    out: &mut String,
    open: char,
    close: char,
    count: usize,
    indent: Option<usize>,
    depth: usize,
    mut item: impl FnMut(&mut String, usize) -> Result<(), Error>,
) -> Result<(), Error> {
    let line = |out: &mut String, depth: usize, indent: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', indent * depth));
        charge((indent * depth) as u64)
    };
    out.push(open);
    for index in 0..count {
        match indent {
            Some(indent) => {
                if index > 0 {
                    out.push(',');
                }
                line(out, depth + 1, indent)?;
            }
            None if index > 0 => out.push_str(", "),
            None => {}
        }
        item(out, index)?;
    }
    if let (Some(indent), true) = (indent, count > 0) {
        line(out, depth, indent)?;
    }
    out.push(close);
    Ok(())
}

fn text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\'' => escaped(out, c),
            ' '..='\u{7e}' => out.push(c),
            _ => escaped(out, c),
        }
    }
    out.push('"');
}

fn escaped(out: &mut String, c: char) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        // Writing to a String cannot fail.
        let _ = write!(out, "\\u{unit:04x}");
    }
}

/// The width at which `pprint` breaks lines.
const LINE: usize = 80;

/// Prints a value as Python's `pprint.pformat` does, with sorted keys.
pub(super) fn pprint(value: &Value) -> Result<String, Error> {
    let mut out = String::new();
    pretty(&mut out, value, 0, 0, 0)?;
    Ok(out)
}

fn pretty(
    out: &mut String,
    value: &Value,
    column: usize,
    allowance: usize,
    depth: usize,
) -> Result<(), Error> {
    if depth > DEPTH {
        return Err(refused("pprint: nested too deep"));
    }
    let flat = flat(value, depth)?;
    charge(flat.len() as u64)?;
    let fits = column + allowance + flat.chars().count() <= LINE;
    let items: Option<Vec<Value>> = match value.kind() {
        ValueKind::Seq | ValueKind::Iterable => Some(value.try_iter()?.collect()),
        _ => None,
    };
    match (value.kind(), items) {
        (ValueKind::Map, _) if !fits => {
            out.push('{');
            let pairs = sorted(value);
            for (index, (key, item)) in pairs.iter().enumerate() {
                let last = index + 1 == pairs.len();
                let key = format!("{}: ", repr(key));
                out.push_str(&key);
                let inner = column + 1 + key.chars().count();
                pretty(out, item, inner, if last { allowance + 1 } else { 1 }, depth + 1)?;
                separate(out, last, column);
            }
            out.push('}');
        }
        (_, Some(items)) if !fits => {
            let (open, close) = if value.is_tuple() { ('(', ')') } else { ('[', ']') };
            out.push(open);
            for (index, item) in items.iter().enumerate() {
                let last = index + 1 == items.len();
                pretty(out, item, column + 1, if last { allowance + 1 } else { 1 }, depth + 1)?;
                separate(out, last, column);
            }
            out.push(close);
        }
        _ => out.push_str(&flat),
    }
    Ok(())
}

fn separate(out: &mut String, last: bool, column: usize) {
    if !last {
        out.push_str(",\n");
        out.extend(std::iter::repeat_n(' ', column + 1));
    }
}

fn sorted(value: &Value) -> Vec<(Value, Value)> {
    let pairs = value.as_object().and_then(minijinja::value::DynObject::try_iter_pairs);
    let mut pairs: Vec<_> = pairs.into_iter().flatten().collect();
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    pairs
}

fn flat(value: &Value, depth: usize) -> Result<String, Error> {
    if depth > DEPTH {
        return Err(refused("pprint: nested too deep"));
    }
    match value.kind() {
        ValueKind::Map => {
            let pairs = sorted(value);
            let pairs: Result<Vec<_>, Error> = pairs
                .iter()
                .map(|(key, item)| Ok(format!("{}: {}", repr(key), flat(item, depth + 1)?)))
                .collect();
            Ok(format!("{{{}}}", pairs?.join(", ")))
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let items: Result<Vec<_>, Error> = value.try_iter()?.map(|item| flat(&item, depth + 1)).collect();
            let items = items?.join(", ");
            Ok(match (value.is_tuple(), value.len()) {
                (true, Some(1)) => format!("({items},)"),
                (true, _) => format!("({items})"),
                _ => format!("[{items}]"),
            })
        }
        _ => Ok(repr(value)),
    }
}
