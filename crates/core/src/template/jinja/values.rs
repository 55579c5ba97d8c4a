//! From JSON to the engine's values.

use minijinja::Value;
use serde_json::{Map, Value as Json};

use super::budget::DEPTH;
use crate::{
    template::{TemplateError, TemplateFault},
    variables::VariableUse,
};

/// The values that a template reads, by name. The rest is left where it is.
pub(super) fn context(values: &Map<String, Json>, names: &[String]) -> Result<Value, TemplateError> {
    let mut pairs = Vec::with_capacity(names.len());
    for name in names {
        if let Some(value) = values.get(name) {
            pairs.push((Value::from(name), convert(value, 0)?));
        }
    }
    Ok(Value::from_pairs(pairs))
}

/// The names of the variables in `uses`, each once.
pub(super) fn names(uses: &[VariableUse]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for one in uses {
        if !names.contains(&one.name) {
            names.push(one.name.clone());
        }
    }
    names
}

/// One value. Maps keep the order of their keys.
pub(super) fn convert(json: &Json, depth: usize) -> Result<Value, TemplateError> {
    if depth >= DEPTH {
        let fault = TemplateFault::NestingTooDeep { limit: DEPTH };
        return Err(TemplateError { fault, line: None, column: None, partial: None });
    }
    Ok(match json {
        Json::Null => Value::from(()),
        Json::Bool(value) => Value::from(*value),
        Json::Number(number) => number.as_i64().map_or_else(
            || number.as_u64().map_or_else(|| Value::from(number.as_f64().unwrap_or(f64::NAN)), Value::from),
            Value::from,
        ),
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => {
            Value::from(items.iter().map(|item| convert(item, depth + 1)).collect::<Result<Vec<_>, _>>()?)
        }
        Json::Object(map) => {
            let mut pairs = Vec::with_capacity(map.len());
            for (key, value) in map {
                pairs.push((Value::from(key), convert(value, depth + 1)?));
            }
            Value::from_pairs(pairs)
        }
    })
}
