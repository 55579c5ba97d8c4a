//! Python's methods of texts, lists and maps.

use minijinja::{
    Error, ErrorKind, State, Value,
    value::{ValueKind, from_args},
};
use minijinja_contrib::pycompat;

use super::{
    budget::{charge, refused, settle, weigh},
    pad,
};

/// The methods that templates may call. `format` is not among them: it reads attributes by name.
pub(super) const NAMES: &[&str] = &[
    "capitalize",
    "casefold",
    "center",
    "count",
    "endswith",
    "find",
    "get",
    "index",
    "isalnum",
    "isalpha",
    "isascii",
    "isdigit",
    "islower",
    "isnumeric",
    "isspace",
    "istitle",
    "isupper",
    "items",
    "join",
    "keys",
    "ljust",
    "lower",
    "lstrip",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rjust",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "upper",
    "values",
    "zfill",
];

/// Calls a method that the engine does not know.
pub(super) fn call(
    state: &mut State<'_, '_>,
    value: &Value,
    method: &str,
    arguments: &[Value],
) -> Result<Value, Error> {
    if !NAMES.contains(&method) {
        return Err(Error::from(ErrorKind::UnknownMethod));
    }
    let mut weight = if method == "get" { 0 } else { weigh(value)? };
    for argument in arguments {
        weight += weigh(argument)?;
    }
    charge(weight.saturating_mul(2))?;
    if let Some(text) = value.as_str()
        && let Some(result) = of_text(text, method, arguments)
    {
        return result.and_then(settle);
    }
    if matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) && matches!(method, "count" | "index") {
        return of_list(value, method, arguments);
    }
    pycompat::unknown_method_callback(state, value, method, arguments).and_then(settle)
}

fn of_list(value: &Value, method: &str, arguments: &[Value]) -> Result<Value, Error> {
    let (wanted,): (&Value,) = from_args(arguments)?;
    let mut items = value.try_iter()?;
    if method == "count" {
        return Ok(Value::from(items.filter(|item| item == wanted).count()));
    }
    items
        .position(|item| item == *wanted)
        .map(Value::from)
        .ok_or_else(|| refused("index: the item is not in the list"))
}

/// The methods of texts that differ from, or lack in, the engine's companion.
fn of_text(text: &str, method: &str, arguments: &[Value]) -> Option<Result<Value, Error>> {
    if let ("strip" | "lstrip" | "rstrip", Some(characters)) =
        (method, arguments.first().and_then(Value::as_str))
        && let Err(error) = super::text::check_trimmed(method, characters)
    {
        return Some(Err(error));
    }
    Some(match method {
        "replace" => replace(text, arguments),
        "join" => join(text, arguments),
        "center" | "ljust" | "rjust" => {
            from_args(arguments).and_then(|(width, fill): (i64, Option<&str>)| {
                let side = match method {
                    "center" => pad::Side::Both,
                    "ljust" => pad::Side::Right,
                    _ => pad::Side::Left,
                };
                pad::to(method, text, width, fill.unwrap_or(" "), side).map(Value::from)
            })
        }
        "zfill" => from_args(arguments).and_then(|(width,): (i64,)| {
            let (sign, digits) = match text.strip_prefix(['-', '+']) {
                Some(digits) => text.split_at(text.len() - digits.len()),
                None => ("", text),
            };
            let width = width.saturating_sub(i64::try_from(sign.len()).unwrap_or(0));
            pad::to(method, digits, width, "0", pad::Side::Left)
                .map(|padded| Value::from(format!("{sign}{padded}")))
        }),
        "casefold" => none(arguments, || Value::from(text.to_lowercase())),
        "swapcase" => none(arguments, || Value::from(swap_case(text))),
        "istitle" => none(arguments, || Value::from(is_title(text))),
        "removeprefix" => from_args(arguments)
            .map(|(prefix,): (&str,)| Value::from(text.strip_prefix(prefix).unwrap_or(text))),
        "removesuffix" => from_args(arguments)
            .map(|(suffix,): (&str,)| Value::from(text.strip_suffix(suffix).unwrap_or(text))),
        "find" | "rfind" | "index" => from_args(arguments).and_then(|(needle,): (&str,)| {
            let at = if method == "rfind" { text.rfind(needle) } else { text.find(needle) };
            match at {
                Some(at) => Ok(Value::from(text[..at].chars().count())),
                None if method == "index" => Err(refused("index: the text is not found")),
                None => Ok(Value::from(-1)),
            }
        }),
        _ => return None,
    })
}

fn none(arguments: &[Value], result: impl FnOnce() -> Value) -> Result<Value, Error> {
    let () = from_args(arguments)?;
    Ok(result())
}

fn replace(text: &str, arguments: &[Value]) -> Result<Value, Error> {
    let (old, new, count): (&str, &str, Option<i64>) = from_args(arguments)?;
    let count = usize::try_from(count.unwrap_or(-1)).unwrap_or(usize::MAX);
    super::filters::replace_bounded(text, old, new, count).map(Value::from)
}

fn join(separator: &str, arguments: &[Value]) -> Result<Value, Error> {
    let (items,): (Value,) = from_args(arguments)?;
    let mut joined = String::new();
    for (index, item) in items.try_iter()?.checked().enumerate() {
        let item = item?;
        let Some(text) = item.as_str() else { return Err(refused("join: every item must be a text")) };
        charge((separator.len() + text.len()) as u64)?;
        if index > 0 {
            joined.push_str(separator);
        }
        joined.push_str(text);
    }
    Ok(Value::from(joined))
}

fn swap_case(text: &str) -> String {
    let swapped = text
        .chars()
        .map(|c| if c.is_uppercase() { c.to_lowercase().to_string() } else { c.to_uppercase().to_string() });
    swapped.collect()
}

fn is_title(text: &str) -> bool {
    let mut inside_word = false;
    let mut any = false;
    for c in text.chars() {
        if c.is_uppercase() && inside_word || c.is_lowercase() && !inside_word {
            return false;
        }
        inside_word = c.is_alphabetic();
        any |= inside_word;
    }
    any
}
