//! What the workspace's key says about its chain: a checkpoint from time to time, and the end of an export.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Revision;
use crate::{
    digest::Digest,
    signing::{Signed, Statement, message},
    time::Timestamp,
};

/// That the chain has this hash at this revision. Whoever keeps one can later tell whether anything before it changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckpointStatement {
    /// When it was signed.
    pub at: Timestamp,
    /// The hash of the entry.
    pub hash: Digest,
    /// [`id`](Self::id) of the checkpoint before; the digest of the empty text for the first.
    pub previous: Digest,
    /// The entry.
    pub revision: Revision,
    /// The workspace's id.
    pub workspace: String,
}

/// A checkpoint with its signature.
pub type Checkpoint = Signed<CheckpointStatement>;

/// That an export holds the whole chain between two revisions, and every checkpoint in between.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportStatement {
    /// The revision the export begins after; 0 when it has everything.
    pub after: Revision,
    /// When it was signed.
    pub at: Timestamp,
    /// The id of the last checkpoint in it.
    pub checkpoint: Option<Digest>,
    /// The hash of the last entry.
    pub hash: Digest,
    /// The hash of the entry before the first.
    pub parent: Digest,
    /// The last entry.
    pub revision: Revision,
    /// The workspace's id.
    pub workspace: String,
}

impl CheckpointStatement {
    /// What the next checkpoint names this one by: the digest of the signed bytes.
    pub fn id(&self) -> Digest {
        Digest::of(&message(self))
    }
}

impl Statement for CheckpointStatement {
    const KIND: &'static str = "audit-checkpoint";

    fn workspace(&self) -> &str {
        &self.workspace
    }

    fn signed_at(&self) -> Timestamp {
        self.at
    }
}

impl Statement for ExportStatement {
    const KIND: &'static str = "audit-export";

    fn workspace(&self) -> &str {
        &self.workspace
    }

    fn signed_at(&self) -> Timestamp {
        self.at
    }
}
