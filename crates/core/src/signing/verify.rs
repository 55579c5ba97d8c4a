//! Whether what a server says about a version or an alias is what the workspace signed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{KeyLink, KeyRing, Signed, SigningError, SnapshotStatement, VersionStatement};
use crate::{
    audit::Revision,
    digest::Digest,
    names::{AliasName, PromptName},
    time::Timestamp,
    versions::VersionNumber,
};

/// The version somebody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionSubject<'a> {
    /// The project's name.
    pub project: &'a str,
    /// The prompt.
    pub prompt: &'a PromptName,
    /// The version.
    pub version: &'a VersionNumber,
}

/// A version that can be verified without any server: `promptsync version export`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExportedVersion {
    /// The signed facts.
    pub version: Signed<VersionStatement>,
    /// The canonical document, the text whose digest was signed.
    pub document: String,
    /// The workspace's keys, oldest first.
    pub keys: Vec<KeyLink>,
}

/// Whether the workspace signed this version, and this content for it.
///
/// # Errors
/// What does not hold.
pub fn verify_version(
    ring: &KeyRing,
    signed: Option<&Signed<VersionStatement>>,
    subject: VersionSubject<'_>,
    content: &Digest,
) -> Result<(), SigningError> {
    let signed = signed.ok_or(SigningError::Missing)?;
    ring.verify(signed)?;
    let found = &signed.statement;
    if found.project != subject.project {
        return Err(SigningError::subject("project", subject.project, &found.project));
    }
    if found.prompt != *subject.prompt {
        return Err(SigningError::subject("prompt", subject.prompt, &found.prompt));
    }
    if found.version != *subject.version {
        return Err(SigningError::subject("version", subject.version, &found.version));
    }
    if found.digest != *content {
        return Err(SigningError::OtherContent { expected: found.digest.clone(), found: content.clone() });
    }
    Ok(())
}

/// Whether the workspace signed that the alias points so, now: not what it said long ago, nor before what is known.
///
/// # Errors
/// What does not hold.
pub fn verify_snapshot(
    ring: &KeyRing,
    signed: &Signed<SnapshotStatement>,
    project: &str,
    alias: &AliasName,
    known: Revision,
    now: Timestamp,
) -> Result<(), SigningError> {
    verify_kept_snapshot(ring, signed, project, alias)?;
    let found = &signed.statement;
    if found.revision < known {
        return Err(SigningError::SnapshotRolledBack { known, found: found.revision });
    }
    in_time(found.issued_at, found.expires_at, now)
}

/// Whether the workspace signed that the alias points so, at some time: what a reader may go on with that kept it and
/// cannot ask for a newer one.
///
/// # Errors
/// What does not hold.
pub fn verify_kept_snapshot(
    ring: &KeyRing,
    signed: &Signed<SnapshotStatement>,
    project: &str,
    alias: &AliasName,
) -> Result<(), SigningError> {
    ring.verify(signed)?;
    about(&signed.statement.project, &signed.statement.alias, project, alias)
}

/// Whether a statement is about this alias.
pub(super) fn about(
    found_project: &str,
    found_alias: &AliasName,
    project: &str,
    alias: &AliasName,
) -> Result<(), SigningError> {
    if found_project != project {
        return Err(SigningError::subject("project", project, found_project));
    }
    if found_alias != alias {
        return Err(SigningError::subject("alias", alias, found_alias));
    }
    Ok(())
}

/// Whether what was made and runs out at these moments is good now.
pub(super) fn in_time(
    issued_at: Timestamp,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<(), SigningError> {
    if issued_at > now + super::chain::CLOCKS {
        return Err(SigningError::SnapshotFromFuture { at: issued_at });
    }
    if expires_at <= now {
        return Err(SigningError::SnapshotExpired { at: expires_at });
    }
    Ok(())
}
