//! The audit log.

use promptsync_core::{
    audit::{AuditEntry, Revision},
    digest::Digest,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One entry of the audit log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoggedEntry {
    /// Its number in the workspace.
    pub revision: Revision,
    /// Its hash, which covers it and all before it.
    pub hash: Digest,
    /// What it records.
    #[serde(flatten)]
    pub entry: AuditEntry,
}
