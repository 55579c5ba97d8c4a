//! The statements about prompts.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Statement;
use crate::{
    audit::{Actor, Revision},
    digest::Digest,
    files::Origin,
    names::{AliasName, PromptName},
    publish::Dependency,
    resolve::{Entries, Entry, PromptFacts, Snapshot, VersionFacts},
    splits::Split,
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
    /// The workspace's revision that moved the alias last: a later snapshot never has a lower one.
    pub revision: Revision,
    /// When it was made.
    pub issued_at: Timestamp,
    /// When a newer one has to be asked for.
    pub expires_at: Timestamp,
    /// Prompt → version and content.
    pub entries: BTreeMap<PromptName, SnapshotEntry>,
}

/// How a snapshot differs from the one before: what a stream sends instead of all of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotDelta {
    /// The workspace's id.
    pub workspace: String,
    /// The project's name.
    pub project: String,
    /// The alias.
    pub alias: AliasName,
    /// The revision of the snapshot it starts from. Any later one that gives the same result will do.
    pub from: Revision,
    /// The workspace's revision afterwards.
    pub revision: Revision,
    /// When it was made.
    pub issued_at: Timestamp,
    /// When a newer snapshot has to be asked for.
    pub expires_at: Timestamp,
    /// The entries that are new or different; `null` for a prompt that the alias does not name any more.
    pub changed: BTreeMap<PromptName, Option<SnapshotEntry>>,
    /// The digest of all entries afterwards, see [`entries_digest`]: proof that both sides mean the same.
    pub entries: Digest,
}

/// The digest of a snapshot's entries: of their JSON with sorted keys and no spaces.
pub fn entries_digest(entries: &BTreeMap<PromptName, SnapshotEntry>) -> Digest {
    let mut value = serde_json::to_value(entries).expect("entries hold only strings, whole numbers and maps");
    value.sort_all_objects();
    Digest::of(value.to_string().as_bytes())
}

/// Where an alias points a prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotEntry {
    /// The version.
    pub version: VersionNumber,
    /// Its content.
    #[serde(flatten)]
    pub content: SnapshotContent,
    /// How part of the traffic goes to other versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
    /// The contents of those versions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub others: BTreeMap<VersionNumber, SnapshotContent>,
}

/// The content of a version, and what it takes to render it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotContent {
    /// Its document.
    pub digest: Digest,
    /// The documents its templates may include, as they were fixed when it was published.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub includes: BTreeMap<PromptName, Digest>,
}

impl SnapshotEntry {
    /// The contents of all its versions.
    pub fn contents(&self) -> impl Iterator<Item = (&VersionNumber, &SnapshotContent)> {
        std::iter::once((&self.version, &self.content)).chain(&self.others)
    }

    /// The documents it takes to serve every version of it, with what they include.
    pub fn digests(&self) -> impl Iterator<Item = &Digest> {
        self.contents()
            .flat_map(|(_, content)| std::iter::once(&content.digest).chain(content.includes.values()))
    }
}

impl SnapshotStatement {
    /// The documents it takes to serve all of it, each once.
    pub fn digests(&self) -> BTreeSet<&Digest> {
        self.entries.values().flat_map(SnapshotEntry::digests).collect()
    }

    /// What the resolver needs of it: the alias, its prompts and their versions.
    pub fn facts(&self) -> Snapshot {
        let facts = |(name, entry): (&PromptName, &SnapshotEntry)| {
            let version = |(version, content): (&VersionNumber, &SnapshotContent)| VersionFacts {
                version: version.clone(),
                digest: content.digest.clone(),
                git_commit: None,
                archived: false,
            };
            let points = Entry { version: entry.version.clone(), split: entry.split.clone().map(Box::new) };
            let facts = PromptFacts {
                versions: entry.contents().map(version).collect(),
                entries: Entries::from_iter([(self.alias.clone(), points)]),
            };
            (name.clone(), facts)
        };
        Snapshot {
            prompts: self.entries.iter().map(facts).collect(),
            aliases: BTreeSet::from([self.alias.clone()]),
        }
    }
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

impl Statement for SnapshotDelta {
    const KIND: &'static str = "snapshot-delta";

    fn workspace(&self) -> &str {
        &self.workspace
    }

    fn signed_at(&self) -> Timestamp {
        self.issued_at
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
