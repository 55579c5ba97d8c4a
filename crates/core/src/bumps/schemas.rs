//! What a change of the output schema means to the code that reads the answer.
//!
//! The reader is on the receiving side: it may rely on whatever the old schema promised. A new schema is compatible
//! when every answer it allows was allowed before, as far as the reader looked.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Reasons, without};
use crate::versions::Bump;

/// Keywords that say nothing about which answers are allowed.
const ANNOTATIONS: [&str; 10] = [
    "$comment",
    "$id",
    "$schema",
    "default",
    "deprecated",
    "description",
    "examples",
    "readOnly",
    "title",
    "writeOnly",
];

/// Levels of a schema that are compared; below, any difference counts as incompatible.
const MAX_DEPTH: usize = 64;

pub(super) fn compare(old: Option<&Value>, new: Option<&Value>, reasons: &mut Reasons) {
    match (old, new) {
        (None, None) => {}
        (None, Some(_)) => {
            reasons.add(Bump::Minor, "output_schema_added", "answers now follow a schema".into());
        }
        (Some(_), None) => {
            reasons.add(Bump::Major, "output_schema_removed", "answers no longer follow a schema".into());
        }
        (Some(old), Some(new)) => schema("output", old, new, reasons, 0),
    }
}

fn schema(path: &str, old: &Value, new: &Value, reasons: &mut Reasons, depth: usize) {
    if old == new {
        return;
    }
    let (Value::Object(old), Value::Object(new), true) = (old, new, depth < MAX_DEPTH) else {
        return incomparable(path, "schema", reasons);
    };
    let keywords: BTreeSet<&str> = old.keys().chain(new.keys()).map(String::as_str).collect();
    for keyword in keywords {
        let (before, after) = (old.get(keyword), new.get(keyword));
        if before == after || ANNOTATIONS.contains(&keyword) {
            continue;
        }
        match keyword {
            "type" => types(path, before, after, reasons),
            "enum" => choices(path, before, after, reasons),
            "required" => required(path, before, after, reasons),
            "properties" => properties(path, before, after, reasons, depth),
            "items" => match (before, after) {
                (Some(before), Some(after)) => {
                    schema(&format!("{path}[]"), before, after, reasons, depth + 1);
                }
                (None, Some(_)) => tightened(path, keyword, reasons),
                _ => incomparable(path, keyword, reasons),
            },
            "$defs" | "definitions" => definitions(keyword, before, after, reasons, depth),
            "additionalProperties" if after == Some(&Value::Bool(false)) => tightened(path, keyword, reasons),
            _ if before.is_none() && is_constraint(keyword) => tightened(path, keyword, reasons),
            _ => incomparable(path, keyword, reasons),
        }
    }
}

/// Keywords that, where there was none, only take answers away.
fn is_constraint(keyword: &str) -> bool {
    matches!(
        keyword,
        "const"
            | "format"
            | "maxItems"
            | "maxLength"
            | "maxProperties"
            | "maximum"
            | "minItems"
            | "minLength"
            | "minProperties"
            | "minimum"
            | "multipleOf"
            | "pattern"
            | "uniqueItems"
    )
}

fn tightened(path: &str, keyword: &str, reasons: &mut Reasons) {
    let message = format!("`{keyword}` of `{path}` promises more than before");
    reasons.add(Bump::Minor, "output_tightened", message);
}

fn incomparable(path: &str, keyword: &str, reasons: &mut Reasons) {
    let message = format!("`{keyword}` of `{path}` changed, and readers may rely on what it said");
    reasons.add(Bump::Major, "output_schema_changed", message);
}

fn types(path: &str, old: Option<&Value>, new: Option<&Value>, reasons: &mut Reasons) {
    let (old, new) = (type_set(old), type_set(new));
    let covered =
        |name: &str| old.is_empty() || old.contains(name) || (name == "integer" && old.contains("number"));
    if !new.is_empty() && new.iter().all(|name| covered(name)) {
        tightened(path, "type", reasons);
    } else {
        let message = format!("`{path}` was {} and is now {}", type_words(&old), type_words(&new));
        reasons.add(Bump::Major, "output_type_changed", message);
    }
}

/// The types allowed; empty for any.
fn type_set(value: Option<&Value>) -> BTreeSet<&str> {
    match value {
        Some(Value::String(name)) => BTreeSet::from([name.as_str()]),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => BTreeSet::new(),
    }
}

fn type_words(types: &BTreeSet<&str>) -> String {
    if types.is_empty() { "anything".into() } else { types.iter().copied().collect::<Vec<_>>().join(" or ") }
}

fn choices(path: &str, old: Option<&Value>, new: Option<&Value>, reasons: &mut Reasons) {
    match (old.and_then(Value::as_array), new.and_then(Value::as_array)) {
        (None, Some(_)) => tightened(path, "enum", reasons),
        (Some(old), Some(new)) => {
            for added in without(new, old) {
                let message = format!("`{path}` may now be {added}, which readers do not know");
                reasons.add(Bump::Major, "output_choice_added", message);
            }
            for gone in without(old, new) {
                let message = format!("`{path}` is never {gone} any more");
                reasons.add(Bump::Minor, "output_tightened", message);
            }
        }
        _ => incomparable(path, "enum", reasons),
    }
}

fn required(path: &str, old: Option<&Value>, new: Option<&Value>, reasons: &mut Reasons) {
    let names = |value: Option<&'_ Value>| -> BTreeSet<String> {
        let list = value.and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let (old, new) = (names(old), names(new));
    for gone in old.difference(&new) {
        let message = format!("`{path}.{gone}` was always there and may now be absent");
        reasons.add(Bump::Major, "output_property_optional", message);
    }
    for added in new.difference(&old) {
        let message = format!("`{path}.{added}` is now always there");
        reasons.add(Bump::Minor, "output_tightened", message);
    }
}

fn properties(path: &str, old: Option<&Value>, new: Option<&Value>, reasons: &mut Reasons, depth: usize) {
    let empty = Map::new();
    let old = old.and_then(Value::as_object).unwrap_or(&empty);
    let new = new.and_then(Value::as_object).unwrap_or(&empty);
    for (name, before) in old {
        let path = format!("{path}.{name}");
        if let Some(after) = new.get(name) {
            schema(&path, before, after, reasons, depth + 1);
        } else {
            let message = format!("`{path}` was removed");
            reasons.add(Bump::Major, "output_property_removed", message);
        }
    }
    for name in new.keys().filter(|name| !old.contains_key(*name)) {
        let message = format!("`{path}.{name}` was added");
        reasons.add(Bump::Minor, "output_property_added", message);
    }
}

/// Named parts of a schema. A part that comes or goes matters only where it is referred to, and the reference
/// itself is compared there.
fn definitions(keyword: &str, old: Option<&Value>, new: Option<&Value>, reasons: &mut Reasons, depth: usize) {
    let (Some(old), Some(new)) = (old.and_then(Value::as_object), new.and_then(Value::as_object)) else {
        return;
    };
    for (name, before) in old {
        if let Some(after) = new.get(name) {
            schema(&format!("{keyword}.{name}"), before, after, reasons, depth + 1);
        }
    }
}
