//! The pieces both schemas are made of.

use serde_json::{Map, Value, json};

/// The keys of an object written as a literal.
fn entries(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// What a file says of the version it wants to become.
pub(super) fn facts() -> Map<String, Value> {
    entries(json!({
        "version": {
            "type": "string",
            "pattern": "^[vV]?[0-9]+\\.[0-9]+\\.[0-9]+(-[0-9A-Za-z.-]+)?$",
            "description": "The version this content takes. Without it, a push takes the smallest honest step.",
        },
        "git_commit": {
            "type": "string",
            "pattern": "^[0-9a-fA-F]{7,40}$",
            "description": "The commit this content comes from.",
        },
        "changelog": {"type": "string", "description": "What changed, for people."},
        "status": {"type": "string", "description": "The author's word on it: draft, active, archived."},
        "kind": {
            "enum": ["text", "chat", "completion", "instruction"],
            "description": "What the prompt is for a model. Chat when there are messages, else text.",
        },
    }))
}

pub(super) fn engine(default: &str) -> Value {
    json!({
        "enum": ["jinja", "jinja2", "handlebars"],
        "default": default,
        "description": "The template language of every text in this prompt.",
    })
}

pub(super) fn content() -> Value {
    json!({"type": "string", "description": "The template.", "minLength": 1})
}

pub(super) fn messages() -> Value {
    json!({
        "type": "array",
        "minItems": 1,
        "description": "The conversation: messages and places for messages that the caller passes.",
        "items": {"$ref": "#/$defs/message"},
    })
}

/// What a prompt holds besides its base text.
pub(super) fn content_facts() -> Map<String, Value> {
    let range = "Versions accepted: `*`, `^1.2`, `~1.2.3`, `>=1 <2`.";
    entries(json!({
        "variables": {
            "description": "The variables callers pass. Those that are only used are found in the templates.",
            "oneOf": [
                {"type": "array", "items": {"oneOf": [
                    {"type": "string", "description": "The variable's name."},
                    {"allOf": [
                        {"$ref": "#/$defs/variable"},
                        {"required": ["name"], "properties": {"name": {"type": "string", "description": "Its name."}}},
                    ]},
                ]}},
                {"type": "object", "additionalProperties": {"oneOf": [
                    {"type": ["string", "null"], "description": "Its type, or what it means."},
                    {"$ref": "#/$defs/variable"},
                ]}},
            ],
        },
        "variants": {
            "type": "array",
            "maxItems": 200,
            "description": "Other texts, chosen by the caller's tags. The one with the most matching tags is served.",
            "items": {
                "type": "object",
                "required": ["tags"],
                "properties": {
                    "tags": {
                        "type": "object",
                        "minProperties": 1,
                        "maxProperties": 32,
                        "description": "Tags that must all match, for example locale: en.",
                        "additionalProperties": {"type": ["string", "number", "boolean"]},
                    },
                    "content": content(),
                    "messages": messages(),
                },
                "oneOf": [{"required": ["content"]}, {"required": ["messages"]}],
            },
        },
        "models": {
            "type": "object",
            "description": "Texts for particular models, by model id. They are chosen before variants.",
            "additionalProperties": {"oneOf": [
                content(),
                messages(),
                {
                    "type": "object",
                    "properties": {"content": content(), "messages": messages()},
                    "oneOf": [{"required": ["content"]}, {"required": ["messages"]}],
                },
            ]},
        },
        "partials": {
            "type": "object",
            "description": "Named pieces of template that this prompt includes.",
            "additionalProperties": {"type": "string"},
        },
        "dependencies": {
            "description": "Prompts of the same project that templates may include.",
            "oneOf": [
                {"type": "array", "items": {"type": "string", "description": "A name, or name@range."}},
                {"type": "object", "additionalProperties": {"type": ["string", "null"], "description": range}},
            ],
        },
        "input_schema": {
            "type": ["object", "boolean", "string"],
            "description": "JSON Schema of the input, or the name of one.",
        },
        "output_schema": {
            "type": ["object", "boolean", "string"],
            "description": "JSON Schema of the answer expected from the model, or the name of one.",
        },
    }))
}

/// What people note about a prompt.
pub(super) fn metadata() -> Map<String, Value> {
    let words = |description: &str| {
        json!({
            "description": description,
            "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
        })
    };
    entries(json!({
        "description": {"type": "string", "description": "What the prompt does, in a sentence."},
        "author": {"type": "string", "description": "Who wrote it."},
        "owner": {"type": "string", "description": "Who answers for it."},
        "tags": {
            "description": "Words to find it by.",
            "oneOf": [
                {"type": "string"},
                {"type": "array", "items": {"type": "string"}},
                {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}},
            ],
        },
        "category": {"type": "string", "description": "The shelf it stands on."},
        "use_cases": words("What it is used for."),
        "model": {"type": ["string", "object"], "description": "The model it was written for."},
        "model_recommendations": words("Models it works well with."),
        "temperature": {"type": "number", "description": "The temperature it was tuned for."},
        "max_tokens": {"type": "integer", "description": "The length of answer it was tuned for."},
        "custom": {"description": "Anything of your own."},
    }))
}

/// What the properties refer to.
pub(super) fn definitions() -> Map<String, Value> {
    entries(json!({
        "message": {
            "oneOf": [
                {
                    "type": "object",
                    "title": "message",
                    "required": ["role", "content"],
                    "properties": {
                        "role": {
                            "enum": ["system", "developer", "user", "assistant", "tool", "function"],
                            "description": "Who speaks.",
                        },
                        "content": {"type": "string", "description": "The template of the message."},
                        "name": {"type": "string", "description": "The speaker's name."},
                    },
                },
                {
                    "type": "object",
                    "title": "placeholder",
                    "required": ["placeholder"],
                    "properties": {
                        "placeholder": {
                            "type": "string",
                            "description": "The variable that holds messages, for example the history.",
                        },
                        "optional": {"type": "boolean", "description": "Whether it may be left out."},
                    },
                },
                {
                    "type": "object",
                    "title": "short message",
                    "minProperties": 1,
                    "maxProperties": 1,
                    "additionalProperties": false,
                    "properties": {
                        "system": {"type": "string"},
                        "developer": {"type": "string"},
                        "user": {"type": "string"},
                        "assistant": {"type": "string"},
                        "tool": {"type": "string"},
                        "function": {"type": "string"},
                    },
                },
            ],
        },
        "variable": {
            "type": "object",
            "description": "What is declared about a variable.",
            "properties": {
                "type": {
                    "enum": [
                        "string", "str", "text", "integer", "int", "number", "float", "double", "boolean", "bool",
                        "array", "list", "object", "dict", "map", "enum", "any",
                    ],
                    "description": "The type a value must have.",
                },
                "required": {
                    "type": "boolean",
                    "description": "Whether callers must pass it. Yes, unless there is a default.",
                },
                "default": {"description": "The value used when none is passed. It must fit the type."},
                "description": {"type": "string", "description": "What it means."},
                "enum": {"type": "array", "description": "The values allowed."},
            },
        },
    }))
}
