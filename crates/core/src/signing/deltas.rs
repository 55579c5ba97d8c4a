//! From a snapshot and what changed to the next snapshot.

use super::{KeyRing, Signed, SigningError, SnapshotDelta, SnapshotStatement, entries_digest, verify};
use crate::time::Timestamp;

/// What a reader holds after a delta: the snapshot that the workspace signed the digest of.
///
/// The outcome carries no signature of its own. Whoever keeps it keeps the snapshot it began with and every delta since.
///
/// # Errors
/// What does not hold. What is held stays as it is.
pub fn apply_delta(
    held: &SnapshotStatement,
    ring: &KeyRing,
    delta: &Signed<SnapshotDelta>,
    now: Timestamp,
) -> Result<SnapshotStatement, SigningError> {
    let next = apply_kept_delta(held, ring, delta)?;
    verify::in_time(next.issued_at, next.expires_at, now)?;
    Ok(next)
}

/// The same for a delta that was kept: it may have run out.
///
/// # Errors
/// What does not hold.
pub fn apply_kept_delta(
    held: &SnapshotStatement,
    ring: &KeyRing,
    delta: &Signed<SnapshotDelta>,
) -> Result<SnapshotStatement, SigningError> {
    ring.verify(delta)?;
    let delta = &delta.statement;
    verify::about(&delta.project, &delta.alias, &held.project, &held.alias)?;
    if delta.revision < held.revision {
        return Err(SigningError::SnapshotRolledBack { known: held.revision, found: delta.revision });
    }
    if delta.from > held.revision {
        return Err(SigningError::DeltaGap { from: delta.from, held: held.revision });
    }
    let mut entries = held.entries.clone();
    for (name, entry) in &delta.changed {
        match entry {
            Some(entry) => entries.insert(name.clone(), entry.clone()),
            None => entries.remove(name),
        };
    }
    let found = entries_digest(&entries);
    if found != delta.entries {
        return Err(SigningError::OtherEntries { expected: delta.entries.clone(), found });
    }
    Ok(SnapshotStatement {
        revision: delta.revision,
        issued_at: delta.issued_at,
        expires_at: delta.expires_at,
        entries,
        ..held.clone()
    })
}
