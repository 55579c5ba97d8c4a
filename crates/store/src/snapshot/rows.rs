//! Rows of versions and of aliases' entries.

use std::collections::BTreeMap;

use promptsync_core::{
    digest::Digest,
    ids::PromptId,
    names::{AliasName, ModulePath, PromptName},
    publish::Dependency,
    resolve::{Entry, VersionFacts},
    signing::SnapshotContent,
    versions::VersionNumber,
};
use serde_json::Value;
use sqlx::types::Json;

use crate::{
    error::Result,
    rows::{from_json, lies},
};

#[derive(sqlx::FromRow)]
pub(super) struct VersionRow {
    id: String,
    module: String,
    name: String,
    version: String,
    digest: String,
    git_commit: Option<String>,
    archived: bool,
}

/// A row of an alias's entries; an alias without any has one row without version.
#[derive(sqlx::FromRow)]
pub(super) struct EntryRow {
    alias: String,
    prompt: Option<String>,
    version: Option<String>,
    split: Option<Json<Value>>,
}

/// A version's content. Queries with more columns flatten it.
#[derive(sqlx::FromRow)]
pub(super) struct ContentRow {
    name: String,
    version: String,
    digest: String,
    dependencies: Json<Value>,
}

impl ContentRow {
    /// The prompt, the version and what it takes to render it.
    pub(super) fn read(self) -> Result<(PromptName, VersionNumber, SnapshotContent)> {
        let place = format!("{} {}", self.name, self.version);
        let includes: BTreeMap<PromptName, Dependency> =
            from_json(self.dependencies.0, "versions", "dependencies", &place)?;
        let content = SnapshotContent {
            digest: Digest::parse(&self.digest).map_err(lies("versions", "digest", &place))?,
            includes: includes.into_iter().map(|(name, pinned)| (name, pinned.digest)).collect(),
        };
        let version = VersionNumber::parse(&self.version).map_err(lies("versions", "version", &place))?;
        Ok((PromptName::parse(&self.name).map_err(lies("prompts", "name", &place))?, version, content))
    }
}

impl VersionRow {
    /// The prompt's name, id and module, and the version.
    pub(super) fn read(self) -> Result<(PromptName, PromptId, ModulePath, VersionFacts)> {
        let place = format!("{} {}", self.name, self.version);
        let facts = VersionFacts {
            version: VersionNumber::parse(&self.version).map_err(lies("versions", "version", &place))?,
            digest: Digest::parse(&self.digest).map_err(lies("versions", "digest", &place))?,
            git_commit: self.git_commit,
            archived: self.archived,
        };
        let module = ModulePath::parse(&self.module).map_err(lies("prompts", "module", &place))?;
        let name = PromptName::parse(&self.name).map_err(lies("prompts", "name", &self.name))?;
        Ok((name, PromptId::new(self.id), module, facts))
    }
}

impl EntryRow {
    /// The alias, and where it points the prompt.
    pub(super) fn read(self) -> Result<(AliasName, Option<(PromptName, Entry)>)> {
        let alias = AliasName::parse(&self.alias).map_err(lies("aliases", "name", &self.alias))?;
        let (Some(prompt), Some(version)) = (self.prompt, self.version) else { return Ok((alias, None)) };
        let split = self
            .split
            .map(|split| from_json(split.0, "alias_splits", "split", &format!("{alias} {prompt}")))
            .transpose()?;
        let entry = Entry {
            version: VersionNumber::parse(&version).map_err(lies("versions", "version", &version))?,
            split,
        };
        Ok((alias, Some((PromptName::parse(&prompt).map_err(lies("prompts", "name", &prompt))?, entry))))
    }
}
