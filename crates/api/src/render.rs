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

use crate::splits::Drawn;

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
    /// Who it is for, where the alias divides its traffic: the same unit gets the same version.
    #[serde(default)]
    pub unit: Option<String>,
    /// Whether secrets are put in: `mask` or `resolve`, which needs the permission `use_secrets`.
    #[serde(default)]
    pub secrets: SecretsWish,
}

/// What stands in the text in place of a secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecretsWish {
    /// A mask.
    #[default]
    Mask,
    /// Its value.
    Resolve,
}

/// What stands in the text in place of secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecretsShown {
    /// Masks.
    Masked,
    /// Values.
    Resolved,
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
    /// The draw, where the alias divides its traffic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<Drawn>,
    /// The content's digest.
    pub digest: Digest,
    /// The tags of the variant chosen.
    pub variant: Option<BTreeMap<String, String>>,
    /// What stands in place of secrets, when the prompt asks for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secrets: Option<SecretsShown>,
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
