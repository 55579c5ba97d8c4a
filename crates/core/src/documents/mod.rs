//! What a version contains.
//!
//! A [`Document`] is the content of a version: kind, engine, body or messages, variables, variants, schemas, model
//! notes and metadata. It has one canonical form ([`canonical`]) and the digest of that form is its identity:
//! same content, same digest, everywhere.

mod canonical;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use canonical::{canonical, digest};

use crate::{names::PromptName, variables::VariableSpec};

/// The content of a version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// What the prompt is for a model: a text, a conversation, a completion or an instruction.
    pub kind: Kind,
    /// The template language of every body in this document.
    pub engine: Engine,
    /// The text or messages served when no variant and no model override matches.
    pub body: Body,
    /// Declared variables by name. Variables that are only used are derived from the templates.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub variables: IndexMap<String, VariableSpec>,
    /// Alternative bodies chosen by tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
    /// Bodies for particular models, by model id; chosen before variants are looked at.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub models: IndexMap<String, Body>,
    /// Named pieces of template that belong to this document alone.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub partials: IndexMap<String, String>,
    /// Prompts of the same project that templates may include, each with the versions it accepts (`*`, `^1.2`).
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub dependencies: IndexMap<PromptName, String>,
    /// JSON Schema of the input, when the author wrote one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_schema: Option<Value>,
    /// JSON Schema of the answer expected from the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Value>,
    /// Description, author, tags, recommendations, model parameters: everything people note about a prompt.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
    /// Keys of the file that have no meaning here; kept and written back.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
}

/// What a prompt is for a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One text.
    #[default]
    Text,
    /// A list of messages with roles.
    Chat,
    /// A text the model continues.
    Completion,
    /// A text that tells the model what to do with an input.
    Instruction,
}

/// A template language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// Jinja, by minijinja.
    #[default]
    Jinja,
    /// Handlebars, without HTML escaping.
    Handlebars,
}

/// One text, or a list of messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Body {
    /// One template.
    Text(String),
    /// Messages, each with a template of its own: a value can never create a message.
    Messages(Vec<Message>),
}

impl Default for Body {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

/// One entry of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Message {
    /// The place where the caller's history goes.
    Placeholder(Placeholder),
    /// A message with a role and a template.
    Said(Said),
}

/// A message with a role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// Who speaks.
    pub role: Role,
    /// The speaker's name, for models that tell speakers of one role apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The template of the message.
    pub content: String,
}

/// Stands for a list of messages the caller passes at render.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Placeholder {
    /// The variable that holds the messages.
    pub placeholder: String,
    /// Whether the caller may leave it out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// Who speaks in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The operator of the conversation.
    System,
    /// The developer of the application.
    Developer,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// The result of a tool.
    Tool,
    /// The result of a function, the older form of a tool.
    Function,
}

/// An alternative body, served to callers whose tags include all of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Tags that must all match, for example `locale: en`.
    pub tags: std::collections::BTreeMap<String, String>,
    /// What is served instead of the document's body.
    pub body: Body,
}

mod choose;
mod words;
pub use choose::{Choice, ChooseError, ambiguous, choose};
