//! Checking a caller's values before a template sees them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    RenderError, RenderedMessage,
    compile::{CompiledBody, Need},
};
use crate::{
    documents::{Document, Role},
    limits::Limits,
    names::{MAX_NAME, nearest},
    values::Values,
    variables::check_given,
};

/// Missing variables for which a passed name that is spelt alike is looked up; each look-up reads every name.
const SUGGESTIONS: usize = 20;

/// Everything wrong with the values, missing ones first.
pub(super) fn check(
    document: &Document,
    body: &CompiledBody,
    values: &Values<'_>,
    limits: &Limits,
) -> Vec<RenderError> {
    if let Some(error) = too_much(values, limits) {
        return vec![error];
    }
    let mut errors = missing(document, body, values);
    for (name, spec) in &document.variables {
        if let Some(value) = values.get(name).filter(|value| !value.is_null())
            && let Err(wrong) = check_given(spec, value)
        {
            errors.push(RenderError::mistyped(name, wrong));
        }
    }
    for need in body.needs.iter().filter(|need| need.is_placeholder) {
        if let Some(value) = values.get(&need.name)
            && let Err(error) = history(&need.name, &value.to_json())
        {
            errors.push(error);
        }
    }
    errors
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
fn missing(document: &Document, body: &CompiledBody, values: &Values<'_>) -> Vec<RenderError> {
    let is_absent = |name: &str| values.is_absent(name);
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
        .names()
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

/// Whether there are too many, too many bytes, or too many levels of them.
fn too_much(values: &Values<'_>, limits: &Limits) -> Option<RenderError> {
    if values.len() > limits.variables {
        return Some(RenderError::TooMuch { limit: limits.variables, unit: "variables" });
    }
    let (bytes, depth) = values.size(limits.variables_bytes, limits.depth);
    if depth > limits.depth {
        return Some(RenderError::TooMuch { limit: limits.depth, unit: "levels" });
    }
    (bytes > limits.variables_bytes)
        .then_some(RenderError::TooMuch { limit: limits.variables_bytes, unit: "bytes" })
}
