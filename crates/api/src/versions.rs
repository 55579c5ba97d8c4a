//! Versions of a prompt.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use promptsync_core::{
    audit::Actor,
    bumps::Reason,
    digest::Digest,
    files::Origin,
    names::PromptName,
    publish::Dependency,
    signing::{LockStatement, Signed, VersionStatement},
    versions::{Bump, VersionNumber},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A version, without content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VersionSummary {
    /// The prompt.
    pub prompt: PromptName,
    /// Its number.
    pub version: VersionNumber,
    /// The content's digest; the content is at `/api/documents/{digest}`.
    pub digest: Digest,
    /// The bump from the version before it.
    pub bump: Bump,
    /// Why that bump.
    pub reasons: Vec<Reason>,
    /// What the author says changed.
    pub changelog: Option<String>,
    /// Who published it.
    pub author: Actor,
    /// The commit it was pushed from.
    pub git_commit: Option<String>,
    /// The file it was written in.
    pub origin: Option<Origin>,
    /// The versions of its dependencies, fixed when it was published.
    pub dependencies: BTreeMap<PromptName, Dependency>,
    /// Whether it was taken out of use.
    pub archived: bool,
    /// The workspace's signature on what it is; `null` for one that was published before there were signatures.
    #[serde(default)]
    pub signature: Option<Signed<VersionStatement>>,
    /// Its lock, signed too: nobody takes a locked version out of use.
    #[serde(default)]
    pub lock: Option<Signed<LockStatement>>,
    /// When it was published.
    pub created_at: DateTime<Utc>,
}

/// `POST /api/projects/{project}/prompts/{name}/versions/{version}/archive` and `…/restore`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArchiveVersion {
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
}

/// `POST /api/projects/{project}/prompts/{name}/versions/{version}/lock`: there is no way back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LockVersion {
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
}
