//! The statements about prompts.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Statement;
use crate::{
    audit::{Actor, Revision},
    digest::Digest,
    files::Origin,
    names::{AliasName, PromptName},
    publish::Dependency,
    time::Timestamp,
    versions::{Bump, VersionNumber},
};

/// That a version of a prompt has this content, and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VersionStatement {
    /// The workspace's id.
    pub workspace: String,
    /// The project's name.
    pub project: String,
    /// The prompt.
    pub prompt: PromptName,
    /// The version.
    pub version: VersionNumber,
    /// Its content.
    pub digest: Digest,
    /// Who published it.
    pub author: Actor,
    /// When.
    pub created_at: Timestamp,
    /// The commit it was pushed from.
    pub git_commit: Option<String>,
    /// The digest of what else is recorded about it, its [`VersionRecord`]; left out when older than that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Digest>,
}

/// What is recorded about a version beside the facts its statement has itself.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct VersionRecord<'a> {
    /// The bump from the version before it.
    pub bump: Bump,
    /// What the author says changed.
    pub changelog: Option<&'a str>,
    /// Its dependencies as they were fixed.
    pub dependencies: &'a BTreeMap<PromptName, Dependency>,
    /// The file it was written in.
    pub origin: Option<&'a Origin>,
}

impl VersionRecord<'_> {
    /// The digest of its JSON with sorted keys and no spaces.
    pub fn digest(&self) -> Digest {
        let mut value = serde_json::to_value(self).expect("names, texts and digests have a JSON form");
        value.sort_all_objects();
        Digest::of(value.to_string().as_bytes())
    }
}

/// That a version was locked: nobody takes it out of use or changes anything about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LockStatement {
    /// The workspace's id.
    pub workspace: String,
    /// The project's name.
    pub project: String,
    /// The prompt.
    pub prompt: PromptName,
    /// The version.
    pub version: VersionNumber,
    /// Its content.
    pub digest: Digest,
    /// Who locked it.
    pub locked_by: Actor,
    /// When.
    pub locked_at: Timestamp,
    /// Why.
    pub reason: Option<String>,
}

/// Where an alias points at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotStatement {
    /// The workspace's id.
    pub workspace: String,
    /// The project's name.
    pub project: String,
    /// The alias.
    pub alias: AliasName,
    /// The workspace's revision it was read at: a later snapshot never has a lower one.
    pub revision: Revision,
    /// When it was made.
    pub issued_at: Timestamp,
    /// When a newer one has to be asked for.
    pub expires_at: Timestamp,
    /// Prompt → version and content.
    pub entries: BTreeMap<PromptName, SnapshotEntry>,
}

/// The version an alias points a prompt at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotEntry {
    /// The version.
    pub version: VersionNumber,
    /// Its content.
    pub digest: Digest,
}

impl Statement for VersionStatement {
    const KIND: &'static str = "version";

    fn workspace(&self) -> &str {
        &self.workspace
    }

    fn signed_at(&self) -> Timestamp {
        self.created_at
    }
}

impl Statement for LockStatement {
    const KIND: &'static str = "lock";

    fn workspace(&self) -> &str {
        &self.workspace
    }

    fn signed_at(&self) -> Timestamp {
        self.locked_at
    }
}

impl Statement for SnapshotStatement {
    const KIND: &'static str = "snapshot";

    fn workspace(&self) -> &str {
        &self.workspace
    }

    fn signed_at(&self) -> Timestamp {
        self.issued_at
    }
}
