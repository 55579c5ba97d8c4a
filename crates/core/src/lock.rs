//! `promptsync.lock`: which version and content an application's repository was built with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{digest::Digest, names::PromptName, versions::VersionNumber};

/// The lock file: like Cargo.lock, name → version → digest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lock {
    /// The form of the file; 1.
    pub lock_version: u32,
    /// The project the versions belong to.
    pub project: String,
    /// The alias or release they were taken from, when one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// One entry a prompt.
    #[serde(default)]
    pub prompts: BTreeMap<PromptName, LockedPrompt>,
}

/// A pinned prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LockedPrompt {
    /// The version.
    pub version: VersionNumber,
    /// Its content.
    pub digest: Digest,
}
