//! Checking a caller's values before a template sees them.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::{Map, Value};

use super::{
    RenderError, RenderedMessage,
    compile::{CompiledBody, Need},
};
use crate::{
    documents::{Document, Role},
    limits::Limits,
    names::{MAX_NAME, nearest},
    variables::check_value,
};

/// Missing variables for which a passed name that is spelt alike is looked up; each look-up reads every name.
const SUGGESTIONS: usize = 20;

/// Everything wrong with the values, missing ones first.
pub(super) fn check(
    document: &Document,
    body: &CompiledBody,
    values: &Map<String, Value>,
    limits: &Limits,
) -> Vec<RenderError> {
    if let Some(error) = too_much(values, limits) {
        return vec![error];
    }
    let mut errors = missing(document, body, values);
    for (name, spec) in &document.variables {
        if let Some(value) = values.get(name).filter(|value| !value.is_null())
            && let Err(wrong) = check_value(spec, value)
        {
            errors.push(RenderError::mistyped(name, wrong));
        }
    }
    for need in body.needs.iter().filter(|need| need.is_placeholder) {
        if let Some(value) = values.get(&need.name)
            && let Err(error) = history(&need.name, value)
        {
            errors.push(error);
        }
    }
    errors
}

/// The values, with the default of each declared variable that is absent or null.
pub(super) fn with_defaults<'a>(
    document: &Document,
    values: &'a Map<String, Value>,
) -> Cow<'a, Map<String, Value>> {
    let mut filled = Cow::Borrowed(values);
    for (name, spec) in &document.variables {
        if let Some(default) = &spec.default
            && values.get(name).is_none_or(Value::is_null)
        {
            filled.to_mut().insert(name.clone(), default.clone());
        }
    }
    filled
}

/// Reads a message history. Its texts are taken literally: a caller's text is never a template.
pub(super) fn history(name: &str, value: &Value) -> Result<Vec<RenderedMessage>, RenderError> {
    let entries = match value {
        // An optional placeholder that was not filled.
        Value::Null => return Ok(Vec::new()),
        Value::Array(entries) => entries,
        _ => return Err(RenderError::BadHistory { name: name.to_owned() }),
    };
    (0..)
        .zip(entries)
        .map(|(index, entry)| {
            said(entry).ok_or_else(|| RenderError::BadHistory { name: format!("{name}[{index}]") })
        })
        .collect()
}

/// A message with a known role, a text and maybe a name. Other keys are refused: what they ask for would be lost.
fn said(entry: &Value) -> Option<RenderedMessage> {
    let fields = entry.as_object()?;
    if fields.keys().any(|key| !matches!(key.as_str(), "role" | "content" | "name")) {
        return None;
    }
    let role = serde_json::from_value::<Role>(fields.get("role")?.clone()).ok()?;
    let content = fields.get("content")?.as_str()?.to_owned();
    let name = match fields.get("name") {
        None | Some(Value::Null) => None,
        Some(name) => Some(name.as_str()?.to_owned()),
    };
    Some(RenderedMessage { role, name, content })
}

/// Required variables without a value: declared ones, and those the body reads and no declaration speaks of.
/// Null is no value: it would stand in the text as a word.
fn missing(document: &Document, body: &CompiledBody, values: &Map<String, Value>) -> Vec<RenderError> {
    let is_absent = |name: &str| values.get(name).is_none_or(Value::is_null);
    let declared = document
        .variables
        .iter()
        .filter(|(name, spec)| spec.is_required() && is_absent(name))
        .map(|(name, _)| name.as_str());
    let used = body
        .needs
        .iter()
        .filter(|need| !need.optional && is_absent(&need.name))
        .filter(|need| !document.variables.contains_key(&need.name))
        .map(|need| need.name.as_str());
    let absent: Vec<&str> = declared.chain(used).collect();
    if absent.is_empty() {
        return Vec::new();
    }
    let needs: BTreeMap<&str, &Need> = body.needs.iter().map(|need| (need.name.as_str(), need)).collect();
    let unknown: Vec<&str> = values
        .keys()
        .map(String::as_str)
        .filter(|passed| passed.len() <= MAX_NAME)
        .filter(|passed| !needs.contains_key(passed) && !document.variables.contains_key(*passed))
        .collect();
    (0..)
        .zip(absent)
        .map(|(index, name)| RenderError::Missing {
            name: name.to_owned(),
            used_at: needs.get(name).and_then(|need| need.used_at.clone()),
            nearest: (index < SUGGESTIONS)
                .then(|| nearest(name, unknown.iter().copied()).map(str::to_owned))
                .flatten(),
        })
        .collect()
}

/// Bytes of names and texts, and 8 for every other value, as long as they stay under the limits.
fn too_much(values: &Map<String, Value>, limits: &Limits) -> Option<RenderError> {
    if values.len() > limits.variables {
        return Some(RenderError::TooMuch { limit: limits.variables, unit: "variables" });
    }
    let mut bytes = 0_usize;
    // A list of its own, not recursion: the values are a stranger's.
    let mut open: Vec<(&Value, usize)> = values.values().map(|value| (value, 1)).collect();
    bytes += values.keys().map(String::len).sum::<usize>();
    while let Some((value, depth)) = open.pop() {
        if depth > limits.depth {
            return Some(RenderError::TooMuch { limit: limits.depth, unit: "levels" });
        }
        bytes += match value {
            Value::String(text) => text.len(),
            _ => size_of::<u64>(),
        };
        match value {
            Value::Array(items) => open.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(fields) => {
                bytes += fields.keys().map(String::len).sum::<usize>();
                open.extend(fields.values().map(|item| (item, depth + 1)));
            }
            _ => {}
        }
        if bytes > limits.variables_bytes {
            return Some(RenderError::TooMuch { limit: limits.variables_bytes, unit: "bytes" });
        }
    }
    None
}
