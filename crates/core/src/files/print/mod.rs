//! Prompts back into files, in the order of our documentation.

mod emit;

use serde_json::{Map, Value, json};

use super::{Format, PromptDraft, metadata};
use crate::{
    documents::{Body, Document, Engine, Kind, Variant},
    variables::VariableSpec,
};

/// Prints a prompt as a file of the given form; `parse` of the result gives the same digest.
///
/// A document that the form cannot hold (see [`expressible`]) is printed as YAML.
pub fn print(draft: &PromptDraft, format: Format) -> String {
    match format {
        Format::Text | Format::Markdown if expressible(draft, format) => print_text(draft),
        Format::Text | Format::Markdown | Format::Yaml => emit::yaml(&flat(draft)),
        Format::Json => emit::json(&flat(draft)),
        Format::YamlList | Format::JsonList => print_list(std::slice::from_ref(draft), format),
    }
}

/// Prints several prompts as one list file: JSON for [`Format::JsonList`], else YAML.
pub fn print_list(drafts: &[PromptDraft], format: Format) -> String {
    let prompts = drafts.iter().map(|draft| Value::Object(entry(draft))).collect();
    let mut file = Map::new();
    file.insert("version".into(), "1.0.0".into());
    file.insert("prompts".into(), Value::Array(prompts));
    if format == Format::JsonList { emit::json(&file) } else { emit::yaml(&file) }
}

/// Whether a form can hold the prompt: text and Markdown files hold no messages.
pub fn expressible(draft: &PromptDraft, format: Format) -> bool {
    let document = &draft.document;
    match format {
        Format::Text | Format::Markdown => {
            matches!(document.body, Body::Text(_)) && document.kind != Kind::Chat
        }
        Format::Yaml | Format::YamlList | Format::Json | Format::JsonList => true,
    }
}

/// The text, with front matter when there is something to say.
fn print_text(draft: &PromptDraft) -> String {
    let Body::Text(text) = &draft.document.body else { return String::new() };
    let mut head = flat(draft);
    head.shift_remove("name");
    head.shift_remove("content");
    let reads_as_more = text.starts_with("---\n") || text.starts_with('\u{feff}');
    if head.is_empty() && !reads_as_more {
        return text.clone();
    }
    let head = if head.is_empty() { "{}\n".to_owned() } else { emit::yaml(&head) };
    format!("---\n{head}---\n{text}")
}

/// The keys of the flat form.
fn flat(draft: &PromptDraft) -> Map<String, Value> {
    let document = &draft.document;
    let mut map = Map::new();
    map.insert("name".into(), draft.name.as_str().into());
    put_facts(&mut map, draft);
    if document.kind != default_kind(document) {
        map.insert("kind".into(), json!(document.kind));
    }
    if document.engine != Engine::Jinja {
        map.insert("engine".into(), json!(document.engine));
    }
    let (top, other) = split_metadata(document);
    let custom = put_all_but_custom(&mut map, top);
    put_body(&mut map, &document.body);
    if !document.variables.is_empty() {
        map.insert("variables".into(), variables(document));
    }
    put_rest(&mut map, document);
    map.extend(custom);
    if !other.is_empty() {
        map.insert("metadata".into(), Value::Object(other));
    }
    map.extend(document.extra.clone());
    map
}

/// The keys of an entry in a list.
fn entry(draft: &PromptDraft) -> Map<String, Value> {
    let document = &draft.document;
    let mut map = Map::new();
    map.insert("id".into(), draft.name.as_str().into());
    put_facts(&mut map, draft);
    map.insert("format".into(), json!(document.kind));
    if document.engine != Engine::Handlebars {
        map.insert("engine".into(), json!(document.engine));
    }
    let mut template = Map::new();
    put_body(&mut template, &document.body);
    if !document.variables.is_empty() {
        template.insert("variables".into(), variables(document));
    }
    let mut rest = Map::new();
    put_rest(&mut rest, document);
    match &document.body {
        Body::Text(_) => {
            template.extend(rest.shift_remove_entry("partials"));
            map.insert("template".into(), Value::Object(template));
        }
        Body::Messages(_) => {
            map.insert("chat_template".into(), Value::Object(template));
        }
    }
    map.extend(rest);
    if !document.metadata.is_empty() {
        map.insert("metadata".into(), Value::Object(document.metadata.clone()));
    }
    map.extend(document.extra.clone());
    map
}

fn put_facts(map: &mut Map<String, Value>, draft: &PromptDraft) {
    let facts = [
        ("version", draft.version.as_ref().map(ToString::to_string)),
        ("git_commit", draft.git_commit.clone()),
        ("changelog", draft.changelog.clone()),
        ("status", draft.status.clone()),
    ];
    for (key, value) in facts {
        if let Some(value) = value {
            map.insert(key.into(), value.into());
        }
    }
}

fn default_kind(document: &Document) -> Kind {
    match document.body {
        Body::Text(_) => Kind::Text,
        Body::Messages(_) => Kind::Chat,
    }
}

/// Metadata that may stand at the top of a file, in order, and the rest.
fn split_metadata(document: &Document) -> (Map<String, Value>, Map<String, Value>) {
    let mut other = document.metadata.clone();
    let top = metadata::KEYS.iter().filter_map(|key| other.shift_remove_entry(*key)).collect();
    (top, other)
}

/// Puts the metadata at the top and hands back `custom`, which stands below the content.
fn put_all_but_custom(map: &mut Map<String, Value>, mut top: Map<String, Value>) -> Option<(String, Value)> {
    let custom = top.shift_remove_entry("custom");
    map.extend(top);
    custom
}

fn put_body(map: &mut Map<String, Value>, body: &Body) {
    let key = match body {
        Body::Text(_) => "content",
        Body::Messages(_) => "messages",
    };
    map.insert(key.into(), json!(body));
}

/// A list of names when nothing more is declared, else a map.
fn variables(document: &Document) -> Value {
    if document.variables.values().all(|spec| *spec == VariableSpec::default()) {
        return document.variables.keys().map(String::as_str).collect();
    }
    json!(document.variables)
}

fn put_rest(map: &mut Map<String, Value>, document: &Document) {
    if !document.variants.is_empty() {
        map.insert("variants".into(), document.variants.iter().map(variant).collect());
    }
    if !document.models.is_empty() {
        map.insert("models".into(), json!(document.models));
    }
    if !document.partials.is_empty() {
        map.insert("partials".into(), json!(document.partials));
    }
    if !document.dependencies.is_empty() {
        let any = document.dependencies.values().all(|range| range == "*");
        let names = || document.dependencies.keys().map(|name| Value::from(name.as_str())).collect();
        map.insert("dependencies".into(), if any { names() } else { json!(document.dependencies) });
    }
    for (key, schema) in
        [("input_schema", &document.input_schema), ("output_schema", &document.output_schema)]
    {
        if let Some(schema) = schema {
            map.insert(key.into(), schema.clone());
        }
    }
}

fn variant(variant: &Variant) -> Value {
    let mut map = Map::new();
    map.insert("tags".into(), json!(variant.tags));
    put_body(&mut map, &variant.body);
    Value::Object(map)
}
