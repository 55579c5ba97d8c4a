//! Rendering on the server.

use std::collections::BTreeMap;

use promptsync_core::{
    digest::Digest,
    names::{AliasName, PromptName},
    render::RenderedMessage,
    versions::VersionNumber,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// `POST /api/prompts/{name}/{version_or_alias}/render`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RenderPrompt {
    /// Values by variable name.
    #[serde(default)]
    pub variables: Map<String, Value>,
    /// Tags that choose a variant.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// The model, when it has a content of its own.
    #[serde(default)]
    pub model: Option<String>,
}

/// A rendered prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RenderedPrompt {
    /// The prompt.
    pub name: PromptName,
    /// The version rendered.
    pub version: VersionNumber,
    /// The alias that led there.
    pub alias: Option<AliasName>,
    /// The content's digest.
    pub digest: Digest,
    /// The tags of the variant chosen.
    pub variant: Option<BTreeMap<String, String>>,
    /// The text, or the messages.
    #[serde(flatten)]
    pub output: Output,
}

/// `text` or `messages`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// One text.
    Text(String),
    /// Messages.
    Messages(Vec<RenderedMessage>),
}
