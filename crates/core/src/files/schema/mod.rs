//! JSON Schemas of our YAML and JSON files, for editors. `cargo xtask gen` publishes them in `docs/reference`.

mod parts;

use serde_json::{Map, Value, json};

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Every published schema with its file name.
pub fn all() -> Vec<(&'static str, Value)> {
    vec![("prompt.schema.json", flat()), ("prompt-list.schema.json", list())]
}

/// The schema of a file with one prompt.
pub fn flat() -> Value {
    let mut properties = parts::facts();
    put(
        &mut properties,
        "name",
        json!({
            "type": "string",
            "description": "The prompt's name. The file's name decides; another one here is reported.",
        }),
    );
    put(&mut properties, "engine", parts::engine("jinja"));
    put(&mut properties, "content", parts::content());
    put(&mut properties, "messages", parts::messages());
    properties.extend(parts::content_facts());
    properties.extend(parts::metadata());
    put(
        &mut properties,
        "metadata",
        json!({
            "type": "object",
            "description": "Whatever else people note about the prompt. The keys of the top may stand here too.",
        }),
    );
    json!({
        "$schema": DIALECT,
        "title": "PromptSync prompt",
        "description": "One prompt in a .yaml, .yml or .json file. Unknown keys are kept and reported.",
        "type": "object",
        "properties": properties,
        "oneOf": [{"required": ["content"]}, {"required": ["messages"]}],
        "$defs": parts::definitions(),
    })
}

/// The schema of a file with a list of prompts.
pub fn list() -> Value {
    json!({
        "$schema": DIALECT,
        "title": "PromptSync list of prompts",
        "description": "Several prompts in one .yaml, .yml or .json file.",
        "type": "object",
        "required": ["prompts"],
        "properties": {
            "version": {
                "type": "string",
                "description": "The version of this file's layout. Prompts have versions of their own.",
            },
            "prompts": {
                "type": "array",
                "minItems": 1,
                "description": "The prompts.",
                "items": {"$ref": "#/$defs/prompt"},
            },
        },
        "$defs": definitions_of_list(),
    })
}

fn definitions_of_list() -> Map<String, Value> {
    let mut definitions = parts::definitions();
    put(&mut definitions, "prompt", entry());
    definitions
}

fn entry() -> Value {
    let content_facts = parts::content_facts();
    let inner = |keys: &[&str]| -> Map<String, Value> {
        keys.iter()
            .filter_map(|key| content_facts.get(*key).map(|part| ((*key).to_owned(), part.clone())))
            .collect()
    };
    let mut template = inner(&["variables", "partials"]);
    put(&mut template, "content", parts::content());
    let mut chat = inner(&["variables"]);
    put(&mut chat, "messages", parts::messages());

    let mut properties = parts::facts();
    put(&mut properties, "id", json!({"type": "string", "description": "The prompt's name."}));
    put(
        &mut properties,
        "format",
        json!({
            "enum": ["text", "chat", "completion", "instruction", "handlebars", "jinja", "jinja2"],
            "description": "What the prompt is for a model, or its template language; handlebars when not said.",
        }),
    );
    put(&mut properties, "engine", parts::engine("handlebars"));
    put(
        &mut properties,
        "template",
        json!({
            "type": "object",
            "description": "The text of the prompt.",
            "required": ["content"],
            "properties": template,
        }),
    );
    put(
        &mut properties,
        "chat_template",
        json!({
            "type": "object",
            "description": "The messages of a chat prompt.",
            "required": ["messages"],
            "properties": chat,
        }),
    );
    put(&mut properties, "content", parts::content());
    put(&mut properties, "messages", parts::messages());
    properties.extend(content_facts);
    put(
        &mut properties,
        "metadata",
        json!({
            "type": "object",
            "description": "What people note about the prompt.",
            "properties": parts::metadata(),
        }),
    );
    json!({
        "type": "object",
        "description": "One prompt.",
        "required": ["id"],
        "properties": properties,
        "oneOf": [
            {"required": ["template"]},
            {"required": ["chat_template"]},
            {"required": ["content"]},
            {"required": ["messages"]},
        ],
    })
}

fn put(map: &mut Map<String, Value>, key: &str, value: Value) {
    map.insert(key.to_owned(), value);
}
