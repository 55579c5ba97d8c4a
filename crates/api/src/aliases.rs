//! Aliases.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use promptsync_core::{
    audit::Actor,
    names::{AliasName, PromptName},
    versions::VersionNumber,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::splits::{Canary, Part};

/// An alias and where it points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alias {
    /// Its name.
    pub name: AliasName,
    /// Its revision; the `ETag`, and what `If-Match` takes.
    pub revision: i64,
    /// The release it stands on, when the last move was project-wide and nothing was moved alone since.
    pub release: Option<VersionNumber>,
    /// Prompt → version.
    pub entries: BTreeMap<PromptName, VersionNumber>,
    /// How it divides its traffic; nothing when everybody gets what the entries say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub canaries: Vec<Canary>,
    /// Who moved it last.
    pub moved_by: Actor,
    /// When.
    pub moved_at: DateTime<Utc>,
    /// Why.
    pub reason: Option<String>,
}

/// `PUT /api/aliases/{alias}`: points an alias at a release, or one prompt of it at a version.
///
/// `If-Match` takes the alias's ETag (`"12"`); for an alias that does not exist yet `If-None-Match: *`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetAlias {
    /// With `prompt`: a reference to one of its versions. Without: a release, or an alias whose entries are copied.
    pub version: String,
    /// The prompt to move alone.
    #[serde(default)]
    pub prompt: Option<String>,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
}

/// `POST /api/projects/{project}/aliases/{alias}/rollback`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RollbackAlias {
    /// The revision to go back to; the one before the current when absent.
    #[serde(default)]
    pub to_revision: Option<i64>,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
}

/// One move of an alias.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AliasMove {
    /// The revision it made.
    pub revision: i64,
    /// Where the alias pointed afterwards.
    pub entries: BTreeMap<PromptName, VersionNumber>,
    /// The parts of other versions afterwards, of each prompt whose traffic was divided.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub splits: BTreeMap<PromptName, Vec<Part>>,
    /// The release it stood on afterwards.
    pub release: Option<VersionNumber>,
    /// `set`, `push`, `rollback`, `canary`, `promote` or `abort`.
    pub action: String,
    /// Who.
    pub moved_by: Actor,
    /// When.
    pub moved_at: DateTime<Utc>,
    /// Why.
    pub reason: Option<String>,
}
