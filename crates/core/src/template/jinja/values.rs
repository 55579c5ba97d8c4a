//! From JSON to the engine's values.

use std::{collections::BTreeSet, sync::Arc};

use minijinja::{Value, value::Object};
use serde_json::Value as Json;

use super::budget::DEPTH;
use crate::{
    fields,
    template::{TemplateError, TemplateFault},
    values::{Given, Values, by_length},
    variables::VariableUse,
};

/// What a template sees of the caller's values: those that it reads. A template looks names up in it and cannot
/// hold it, so it need not be a map.
#[derive(Debug)]
struct Context {
    names: Names,
    /// One for each name, in the same order.
    values: Vec<Option<Value>>,
}

impl Object for Context {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let index = self.names.binary_search_by(|name| by_length(name, key)).ok()?;
        self.values.get(index)?.clone()
    }
}

/// Names, each once, in the order of [`by_length`].
pub(super) type Names = Arc<[Box<str>]>;

/// The values that a template reads, by name. The rest is left where it is.
pub(super) fn context(values: &Values<'_>, names: &Names) -> Result<Value, TemplateError> {
    let mut found = Vec::with_capacity(names.len());
    for name in names.iter() {
        found.push(values.get(name).map(engine).transpose()?);
    }
    Ok(Value::from_object(Context { names: Arc::clone(names), values: found }))
}

/// The names of the variables in `uses`.
pub(super) fn names(uses: &[VariableUse]) -> Names {
    let names: BTreeSet<&str> = uses.iter().map(|one| one.name.as_str()).collect();
    let mut names: Vec<Box<str>> = names.into_iter().map(Box::from).collect();
    names.sort_unstable_by(|a, b| by_length(a, b));
    names.into()
}

/// A value for the engine.
pub(super) fn engine(value: Given<'_>) -> Result<Value, TemplateError> {
    match value {
        Given::Text(text) => Ok(Value::from(text)),
        Given::Json(json) => convert(json, 0),
        Given::Nested(nested) => Ok(nested.value.clone()),
    }
}

/// One value. Maps keep the order of their keys.
fn convert(json: &Json, depth: usize) -> Result<Value, TemplateError> {
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
            let mut list = Vec::with_capacity(items.len());
            for item in items {
                list.push(convert(item, depth + 1)?);
            }
            Value::from(list)
        }
        Json::Object(map) => {
            let mut pairs = Vec::with_capacity(map.len());
            for (key, value) in map {
                pairs.push((Value::from(key), convert(value, depth + 1)?));
            }
            fields::map(pairs)
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{VariableUse, context, names};

    #[test]
    fn every_name_that_was_passed_is_found_and_no_other() {
        let read = ["b", "", "bb", "aa", "ä", "ab", "a", "a", "missing"];
        let uses = read.map(|name| VariableUse {
            name: name.into(),
            path: name.into(),
            line: 1,
            column: 1,
            optional: false,
        });
        let passed = json!({"a": 1, "b": 2, "aa": 3, "ab": 4, "bb": 5, "ä": 6, "": 7, "unread": 8});
        let context = context(&passed.as_object().unwrap().into(), &names(&uses)).unwrap();
        for (name, value) in passed.as_object().unwrap() {
            let found = context.get_attr(name).unwrap();
            let expected = if name == "unread" { String::new() } else { value.to_string() };
            assert_eq!(found.to_string(), expected, "{name}");
        }
        for name in ["missing", "c", "aaa", "ac"] {
            assert!(context.get_attr(name).unwrap().is_undefined(), "{name}");
        }
    }
}
