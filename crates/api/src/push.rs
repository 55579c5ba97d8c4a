//! Pushing a folder: all of it lands or none.

use promptsync_core::{
    bumps::Reason,
    digest::Digest,
    names::PromptName,
    problem::Problem,
    versions::{Bump, VersionNumber},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `POST /api/projects/{project}/push`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Push {
    /// The files, as they stand on disk.
    pub files: Vec<PushedFile>,
    /// An alias to point at the resulting release; created when new.
    #[serde(default)]
    pub alias: Option<String>,
    /// The release's version, which every pushed prompt takes too.
    #[serde(default)]
    pub version: Option<String>,
    /// What changed.
    #[serde(default)]
    pub changelog: Option<String>,
    /// The commit the files come from.
    #[serde(default)]
    pub git_commit: Option<String>,
    /// Accept versions that understate their change. A permission; written to the audit log.
    #[serde(default)]
    pub allow_breaking: bool,
    /// Only say what would happen.
    #[serde(default)]
    pub dry_run: bool,
}

/// A file of a push.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PushedFile {
    /// Path relative to the prompts folder.
    pub path: String,
    /// Its text.
    pub content: String,
}

/// What a push did, or would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PushResult {
    /// One entry a prompt, in name order.
    pub prompts: Vec<PushedPrompt>,
    /// The release made or named; `null` when there was nothing to push.
    pub release: Option<VersionNumber>,
    /// Whether the release is new.
    pub release_created: bool,
    /// The alias that was moved, and its new revision.
    pub alias: Option<MovedAlias>,
    /// Whether nothing was written because `dry_run` was asked for.
    pub dry_run: bool,
    /// The workspace's revision after the push.
    pub revision: i64,
    /// Advice: unknown keys that were kept, and the like.
    pub warnings: Vec<Problem>,
}

/// What happened to one prompt of a push.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PushedPrompt {
    /// The prompt.
    pub name: PromptName,
    /// Its version after the push.
    pub version: VersionNumber,
    /// The version it had before; `null` for a new prompt.
    pub previous: Option<VersionNumber>,
    /// The bump between the two; `none` when the content is the same.
    pub bump: Bump,
    /// Why that bump.
    pub reasons: Vec<Reason>,
    /// The content's digest.
    pub digest: Digest,
    /// Whether a version was created.
    pub created: bool,
}

/// An alias that was moved by a push.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MovedAlias {
    /// Its name.
    pub name: String,
    /// Its revision after the move.
    pub revision: i64,
    /// Whether it was created.
    pub created: bool,
}
