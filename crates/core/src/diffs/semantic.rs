//! Differences between two documents, field by field.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::Value;

use super::{Diff, FieldDiff, Side, lines};
use crate::{
    bumps,
    documents::{Body, Document, Message},
};

pub(super) fn diff(old: &Side<'_>, new: &Side<'_>) -> Diff {
    let plan = bumps::bump(old.interface, new.interface, old.document != new.document);
    let mut fields = Fields::default();
    compare(&mut fields, old.document, new.document);
    Diff {
        old: old.label.clone(),
        new: new.label.clone(),
        bump: plan.bump,
        changes: plan.reasons,
        fields: fields.0,
    }
}

/// Fields that differ, in document order.
#[derive(Default)]
struct Fields(Vec<FieldDiff>);

impl Fields {
    fn text(&mut self, path: &str, old: Option<&str>, new: Option<&str>) {
        if old != new {
            let lines = lines(old.unwrap_or_default(), new.unwrap_or_default());
            self.0.push(FieldDiff { path: path.to_owned(), lines });
        }
    }

    fn value(&mut self, path: &str, old: Option<&Value>, new: Option<&Value>) {
        if old != new {
            let (old, new) = (old.map(printed), new.map(printed));
            self.text(path, old.as_deref(), new.as_deref());
        }
    }

    /// Compares two ordered maps: entries of the new one in their order, each entry that is gone before the one
    /// that followed it.
    fn entries<'a, T>(
        &mut self,
        old: &[(String, &'a T)],
        new: &[(String, &'a T)],
        mut compare: impl FnMut(&mut Self, &str, Option<&'a T>, Option<&'a T>),
    ) {
        let before: BTreeMap<&str, &T> = old.iter().map(|(key, value)| (key.as_str(), *value)).collect();
        let after: BTreeMap<&str, &T> = new.iter().map(|(key, value)| (key.as_str(), *value)).collect();
        let mut rest = old.iter().peekable();
        for (key, value) in new {
            while let Some((gone, value)) = rest.next_if(|(key, _)| !after.contains_key(key.as_str())) {
                compare(self, gone, Some(value), None);
            }
            rest.next_if(|(old, _)| old == key);
            compare(self, key, before.get(key.as_str()).copied(), Some(value));
        }
        for (gone, value) in rest.filter(|(key, _)| !after.contains_key(key.as_str())) {
            compare(self, gone, Some(value), None);
        }
    }
}

/// A value as people read it: text as it is, everything else as indented JSON.
fn printed(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_else(|_| other.to_string()),
    }
}

fn compare(fields: &mut Fields, old: &Document, new: &Document) {
    let word = |value: Value| value.as_str().unwrap_or_default().to_owned();
    let [old_kind, new_kind] = [old, new].map(|document| word(serde_json::json!(document.kind)));
    let [old_engine, new_engine] = [old, new].map(|document| word(serde_json::json!(document.engine)));
    fields.text("kind", Some(&old_kind), Some(&new_kind));
    fields.text("engine", Some(&old_engine), Some(&new_engine));
    body(fields, "", Some(&old.body), Some(&new.body));

    let specs = |document: &Document| -> IndexMap<String, Value> {
        document.variables.iter().map(|(name, spec)| (name.clone(), serde_json::json!(spec))).collect()
    };
    let (old_specs, new_specs) = (specs(old), specs(new));
    fields.entries(&keyed("variables.", &old_specs), &keyed("variables.", &new_specs), variable);

    let variants = |document: &'_ Document| -> IndexMap<String, Body> {
        document.variants.iter().map(|variant| (tags(&variant.tags), variant.body.clone())).collect()
    };
    let (old_variants, new_variants) = (variants(old), variants(new));
    fields.entries(&keyed("", &old_variants), &keyed("", &new_variants), |fields, path, old, new| {
        body(fields, &format!("{path}."), old, new);
    });
    fields.entries(
        &keyed("models.", &old.models),
        &keyed("models.", &new.models),
        |fields, path, old, new| {
            body(fields, &format!("{path}."), old, new);
        },
    );
    fields.entries(
        &keyed("partials.", &old.partials),
        &keyed("partials.", &new.partials),
        |fields, path, old, new| fields.text(path, old.map(String::as_str), new.map(String::as_str)),
    );
    fields.entries(
        &keyed("dependencies.", &old.dependencies),
        &keyed("dependencies.", &new.dependencies),
        |fields, path, old, new| fields.text(path, old.map(String::as_str), new.map(String::as_str)),
    );
    fields.value("input_schema", old.input_schema.as_ref(), new.input_schema.as_ref());
    fields.value("output_schema", old.output_schema.as_ref(), new.output_schema.as_ref());
    fields.entries(&keyed("metadata.", &old.metadata), &keyed("metadata.", &new.metadata), Fields::value);
    fields.entries(&keyed("", &old.extra), &keyed("", &new.extra), Fields::value);
}

fn keyed<'a, K: ToString + 'a, T: 'a>(
    prefix: &str,
    entries: impl IntoIterator<Item = (K, &'a T)>,
) -> Vec<(String, &'a T)> {
    entries.into_iter().map(|(key, value)| (format!("{prefix}{}", key.to_string()), value)).collect()
}

fn variable(fields: &mut Fields, path: &str, old: Option<&Value>, new: Option<&Value>) {
    let (Some(Value::Object(old)), Some(Value::Object(new))) = (old, new) else {
        return fields.value(path, old, new);
    };
    let path = format!("{path}.");
    fields.entries(&keyed(&path, old), &keyed(&path, new), Fields::value);
}

/// `variants[locale=en, tone=formal]`: a variant is known by its tags, not by its place.
fn tags(tags: &BTreeMap<String, String>) -> String {
    let tags: Vec<_> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
    format!("variants[{}]", tags.join(", "))
}

fn body(fields: &mut Fields, prefix: &str, old: Option<&Body>, new: Option<&Body>) {
    let (old_text, old_messages) = parts(old);
    let (new_text, new_messages) = parts(new);
    fields.text(&format!("{prefix}content"), old_text, new_text);
    messages(fields, prefix, old_messages, new_messages);
}

fn parts(body: Option<&Body>) -> (Option<&str>, &[Message]) {
    match body {
        None => (None, &[]),
        Some(Body::Text(text)) => (Some(text), &[]),
        Some(Body::Messages(messages)) => (None, messages),
    }
}

/// Messages at the beginning and end that are equal stand beside each other, so that one message more in the middle
/// is one change. A message that is new or gone is named by its place on its own side.
fn messages(fields: &mut Fields, prefix: &str, old: &[Message], new: &[Message]) {
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let end = old[start..].iter().rev().zip(new[start..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[start..old.len() - end], &new[start..new.len() - end]);
    for index in 0..old.len().max(new.len()) {
        let path = format!("{prefix}messages[{}]", start + index);
        message(fields, &path, old.get(index), new.get(index));
    }
}

fn message(fields: &mut Fields, path: &str, old: Option<&Message>, new: Option<&Message>) {
    let (old, new) =
        (old.map(|message| serde_json::json!(message)), new.map(|message| serde_json::json!(message)));
    let field =
        |message: &Option<Value>, name: &str| message.as_ref().and_then(|value| value.get(name)).cloned();
    for name in ["role", "name", "placeholder", "optional", "content"] {
        fields.value(&format!("{path}.{name}"), field(&old, name).as_ref(), field(&new, name).as_ref());
    }
}
