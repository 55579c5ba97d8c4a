//! Metadata: what people note about a prompt, at the top of its file or under `metadata`.

use serde_json::{Map, Value};

use super::{
    reading::{Reading, take},
    tree::{Entries, Node, Tree},
};
use crate::problem::Problem;

/// Keys that mean metadata at the top of a file too, in the order in which they are printed.
pub(super) const KEYS: &[&str] = &[
    "description",
    "author",
    "owner",
    "tags",
    "category",
    "use_cases",
    "model",
    "model_recommendations",
    "temperature",
    "max_tokens",
    "custom",
];

/// Takes the metadata out of a prompt's keys.
pub(super) fn read(reading: &mut Reading<'_>, entries: &mut Entries) -> Map<String, Value> {
    let mut metadata = Map::new();
    for key in KEYS {
        if let Some(node) = take(entries, key)
            && let Some(value) = value(reading, key, key, node)
        {
            metadata.insert((*key).to_owned(), value);
        }
    }
    let Some(node) = take(entries, "metadata") else { return metadata };
    for (key, node) in reading.entries("metadata", node).unwrap_or_default() {
        if node.is_null() {
            continue;
        }
        let (path, at) = (format!("metadata.{key}"), node.at);
        let Some(value) = value(reading, &path, &key, node) else { continue };
        if metadata.get(&key).is_some_and(|said| *said != value) {
            let problem = Problem::new(
                "invalid",
                format!("`{key}` stands at the top of the prompt with another value"),
            );
            reading.refuse(&path, at, problem.hint("remove one of the two"));
        }
        metadata.insert(key, value);
    }
    metadata
}

/// A value of metadata. Fields that hold words keep them as they were written: `category: no` is the text `no`.
fn value(reading: &mut Reading<'_>, path: &str, key: &str, node: Node) -> Option<Value> {
    match (key, &node.tree) {
        ("description" | "author" | "owner" | "category" | "model", Tree::Scalar(_))
            if node.text().is_some() =>
        {
            reading.text(path, node).map(Value::String)
        }
        ("tags", Tree::Scalar(_)) if node.text().is_some() => {
            let words = reading.text(path, node)?;
            Some(words.split(',').map(str::trim).filter(|word| !word.is_empty()).map(Value::from).collect())
        }
        ("use_cases" | "model_recommendations", Tree::Scalar(_)) if node.text().is_some() => {
            reading.text(path, node).map(|word| Value::Array(vec![word.into()]))
        }
        ("tags" | "use_cases" | "model_recommendations", Tree::List(items))
            if items.iter().all(|item| item.text().is_some()) =>
        {
            let items = reading.items(path, node)?;
            let words = items.into_iter().enumerate();
            words
                .map(|(index, item)| reading.text(&format!("{path}[{index}]"), item).map(Value::String))
                .collect()
        }
        ("tags", Tree::Map(_)) => {
            Some(Value::Object(reading.texts(path, node).into_iter().map(|(k, v)| (k, v.into())).collect()))
        }
        _ => reading.value(path, node),
    }
}
