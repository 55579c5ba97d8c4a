//! Who vouches for a version: the workspace's signature from the moment it is published, and its lock.

use std::collections::BTreeMap;

use promptsync_core::{
    audit::Actor,
    digest::Digest,
    ids::VersionId,
    names::{ProjectName, PromptName},
    signing::{LockStatement, Signed, VersionRecord, VersionStatement},
    time::Timestamp,
};
use promptsync_store::{
    ReadTx, StoreError, version_locks,
    version_signatures::{self, VersionSignature},
    versions::Version,
};
use tokio::task::JoinError;

use super::signing_keys::Signer;

/// So many versions are signed at once.
const FEW: usize = 4;

/// A version and what it is called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    /// Its project.
    pub(crate) project: &'a ProjectName,
    /// Its prompt.
    pub(crate) prompt: &'a PromptName,
    /// The version.
    pub(crate) version: &'a Version,
}

/// The signatures and locks of some versions.
#[derive(Debug)]
pub(crate) struct Proofs {
    signatures: BTreeMap<VersionId, VersionSignature>,
    locks: BTreeMap<VersionId, version_locks::VersionLock>,
}

impl Proofs {
    /// Reads them.
    pub(crate) async fn load(tx: &mut ReadTx, versions: &[VersionId]) -> Result<Self, StoreError> {
        Ok(Self {
            signatures: version_signatures::of_versions(tx, versions).await?,
            locks: version_locks::of_versions(tx, versions).await?,
        })
    }

    /// What the workspace signed about a version.
    pub(crate) fn signature(&self, subject: Subject<'_>) -> Option<Signed<VersionStatement>> {
        let VersionSignature { signature, record } = self.signatures.get(&subject.version.id)?.clone();
        Some(Signed { statement: subject.statement(record), signature })
    }

    /// The lock of a version.
    pub(crate) fn lock(&self, subject: Subject<'_>) -> Option<Signed<LockStatement>> {
        let lock = self.locks.get(&subject.version.id)?.clone();
        let mut statement = subject.lock_statement(lock.locked_by, lock.locked_at);
        statement.reason = lock.reason;
        Some(Signed { statement, signature: lock.signature })
    }
}

impl Subject<'_> {
    /// What is signed when the version is published, with the digest of its record.
    pub(crate) fn statement(self, record: Option<Digest>) -> VersionStatement {
        let version = self.version;
        VersionStatement {
            workspace: version.workspace.to_string(),
            project: self.project.to_string(),
            prompt: self.prompt.clone(),
            version: version.number.clone(),
            digest: version.digest.clone(),
            author: version.author.clone(),
            created_at: version.created_at,
            git_commit: version.git_commit.clone(),
            record,
        }
    }

    /// The digest of what is recorded about the version beside that.
    pub(crate) fn record(self) -> Digest {
        let version = self.version;
        let record = VersionRecord {
            bump: version.bump,
            changelog: version.changelog.as_deref(),
            dependencies: &version.dependencies,
            origin: version.origin.as_ref(),
        };
        record.digest()
    }

    /// What is signed when it is locked, without a reason.
    pub(crate) fn lock_statement(self, locked_by: Actor, locked_at: Timestamp) -> LockStatement {
        let version = self.version;
        LockStatement {
            workspace: version.workspace.to_string(),
            project: self.project.to_string(),
            prompt: self.prompt.clone(),
            version: version.number.clone(),
            digest: version.digest.clone(),
            locked_by,
            locked_at,
            reason: None,
        }
    }
}

/// Signs versions, many of them away from the threads that serve connections: ten thousand take a third of a second.
pub(crate) async fn sign(
    signer: Signer,
    statements: Vec<(VersionId, VersionStatement)>,
) -> Result<Vec<(VersionId, VersionSignature)>, JoinError> {
    let is_little = statements.len() <= FEW;
    let sign = move |(id, statement): (VersionId, VersionStatement)| {
        let signature = signer.signature(&statement);
        (id, VersionSignature { signature, record: statement.record })
    };
    let all = move || statements.into_iter().map(sign).collect();
    if is_little { Ok(all()) } else { tokio::task::spawn_blocking(all).await }
}
