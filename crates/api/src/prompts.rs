//! Prompts.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use promptsync_core::{
    digest::Digest,
    documents::{Body, Document, Kind},
    files::Origin,
    interface::Interface,
    names::{AliasName, ModulePath, PromptName},
    publish::Dependency,
    signing::{Signed, SigningError, VersionRecord, VersionStatement},
    variables::VariableSpec,
    versions::{Bump, VersionNumber},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::splits::Drawn;

/// A prompt, without content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PromptSummary {
    /// Its name.
    pub name: PromptName,
    /// Its module; empty for the root.
    pub module: ModulePath,
    /// Text, chat, completion or instruction.
    pub kind: Kind,
    /// What it is for, from its newest version.
    pub description: Option<String>,
    /// Tags, from its newest version.
    pub tags: Vec<String>,
    /// Its newest version.
    pub latest: VersionNumber,
    /// Aliases that point at one of its versions.
    pub aliases: BTreeMap<AliasName, VersionNumber>,
    /// When its newest version was published.
    pub updated_at: DateTime<Utc>,
}

/// `GET /api/prompts/{name}/{version_or_alias}`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResolvedPrompt {
    /// The prompt's id.
    pub id: String,
    /// Its name.
    pub name: PromptName,
    /// Its project.
    pub project: String,
    /// Its module.
    pub module: ModulePath,
    /// The version found.
    pub version: VersionNumber,
    /// The alias that led there, when one did.
    pub alias: Option<AliasName>,
    /// The draw, where the alias divides its traffic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<Drawn>,
    /// The content's digest.
    pub digest: Digest,
    /// The tags of the variant chosen, when one was.
    pub variant: Option<BTreeMap<String, String>>,
    /// Text or messages as the caller's tags and model chose them, not rendered.
    #[serde(flatten)]
    pub content: Content,
    /// What callers depend on.
    pub interface: Interface,
    /// The whole document; with `?document=true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Value>")]
    pub document: Option<Document>,
    /// What is recorded about the version beside its content; with `?document=true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Recorded>,
    /// Description, author, tags, model notes.
    pub metadata: Map<String, Value>,
    /// The commit it was pushed from.
    pub git_commit: Option<String>,
    /// When the version was published.
    pub created_at: DateTime<Utc>,
    /// The workspace's signature on the version.
    #[serde(default)]
    pub signature: Option<Signed<VersionStatement>>,
    /// A revision of the workspace at which this was the answer; the header `promptsync-revision` has the newest one.
    pub revision: i64,
    /// For how many seconds nobody could say whether this is still the answer; absent when it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_seconds: Option<u64>,
    /// Where an old answer comes from: `memory`, `file`, `redis`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// What is recorded about a version beside its content. The signature on the version names its digest, so nobody has to
/// be believed who passes it on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Recorded {
    /// The bump from the version before it.
    pub bump: Bump,
    /// What the author says changed.
    pub changelog: Option<String>,
    /// The versions of its dependencies, fixed when it was published; their content is at `/api/documents/{digest}`.
    pub dependencies: BTreeMap<PromptName, Dependency>,
    /// The file it was written in.
    pub origin: Option<Origin>,
}

impl Recorded {
    /// Whether it is what was signed with the version. A version that is older than such signatures is believed.
    ///
    /// # Errors
    /// [`SigningError::OtherContent`] when it is not.
    pub fn verify(&self, signed: Option<&Signed<VersionStatement>>) -> Result<(), SigningError> {
        let Some(expected) = signed.and_then(|signed| signed.statement.record.clone()) else { return Ok(()) };
        let Self { bump, changelog, dependencies, origin } = self;
        let (changelog, origin) = (changelog.as_deref(), origin.as_ref());
        let found = VersionRecord { bump: *bump, changelog, dependencies, origin }.digest();
        if found == expected { Ok(()) } else { Err(SigningError::OtherContent { expected, found }) }
    }
}

/// `content` or `messages`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// One template.
    Content(String),
    /// Messages with a template each.
    Messages(Vec<promptsync_core::documents::Message>),
}

impl From<Body> for Content {
    fn from(body: Body) -> Self {
        match body {
            Body::Text(text) => Self::Content(text),
            Body::Messages(messages) => Self::Messages(messages),
        }
    }
}

/// `POST /api/prompts`: publishes one prompt written out in the request.
///
/// The fields are those of a flat YAML file; `name` is required, and one of `content` and `messages`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishPrompt {
    /// The prompt's name.
    pub name: String,
    /// Its module; the root when absent.
    #[serde(default)]
    pub module: Option<String>,
    /// Text, chat, completion or instruction; found from the content when absent.
    #[serde(default)]
    pub kind: Option<Kind>,
    /// `jinja` (default) or `handlebars`.
    #[serde(default)]
    pub engine: Option<promptsync_core::documents::Engine>,
    /// One template.
    #[serde(default)]
    pub content: Option<String>,
    /// Messages: `{role, content}` or `{placeholder}`.
    #[serde(default)]
    pub messages: Option<Vec<Value>>,
    /// Declared variables.
    #[serde(default)]
    #[schemars(with = "Option<BTreeMap<String, VariableSpec>>")]
    pub variables: Option<Value>,
    /// Alternative contents: `{tags, content | messages}`.
    #[serde(default)]
    pub variants: Option<Vec<Value>>,
    /// Contents for particular models.
    #[serde(default)]
    pub models: Option<Map<String, Value>>,
    /// Names of prompts that may be included.
    #[serde(default)]
    pub dependencies: Option<Value>,
    /// JSON Schema of the input.
    #[serde(default)]
    pub input_schema: Option<Value>,
    /// JSON Schema of the answer.
    #[serde(default)]
    pub output_schema: Option<Value>,
    /// What the prompt is for.
    #[serde(default)]
    pub description: Option<String>,
    /// Description, author, tags, model notes.
    #[serde(default)]
    pub metadata: Option<Map<String, Value>>,
    /// The version to create; the smallest honest bump when absent.
    #[serde(default)]
    pub version: Option<String>,
    /// An alias to move to the new version.
    #[serde(default)]
    pub alias: Option<String>,
    /// What changed.
    #[serde(default)]
    pub changelog: Option<String>,
    /// The commit it comes from.
    #[serde(default)]
    pub git_commit: Option<String>,
    /// Accept a version that understates the change. A permission; written to the audit log.
    #[serde(default)]
    pub allow_breaking: bool,
}
