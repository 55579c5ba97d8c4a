//! `audit verify` against a server: what it answers about versions, documents and locks, judged by the signatures.

use std::collections::BTreeSet;

use promptsync_api::versions::VersionSummary;
use promptsync_client::ClientError;
use promptsync_core::{
    digest::Digest,
    documents,
    signing::{
        BadRow, KeyRing, Pin, RowsVerdict, SigningError, VersionRecord, VersionSubject, Wrong, verify_version,
    },
};

use crate::{error::Result, registry::Registry};

/// Judges everything the key may read.
pub(super) fn judge(registry: &Registry, pin: Option<&Pin>) -> Result<RowsVerdict> {
    let keys = registry.wait(registry.client.signing_keys())?;
    let mut verdict = RowsVerdict { workspace: keys.workspace, ..RowsVerdict::default() };
    let ring = match pin {
        Some(pin) => KeyRing::new(&keys.keys, pin),
        None => KeyRing::unpinned(&keys.keys),
    };
    match ring {
        Ok(ring) => verdict.finding = registry.wait(all(registry, &ring, &mut verdict))?,
        Err(refused) => verdict.finding = Some(Wrong::Keys(refused).into()),
    }
    Ok(verdict)
}

async fn all(
    registry: &Registry,
    ring: &KeyRing,
    verdict: &mut RowsVerdict,
) -> std::result::Result<Option<BadRow>, ClientError> {
    let client = &registry.client;
    let mut good = BTreeSet::new();
    for project in client.projects().await? {
        for prompt in client.prompts(project.name.as_str()).await? {
            for version in client.versions(project.name.as_str(), prompt.name.as_str()).await? {
                let bad = |wrong| BadRow {
                    project: Some(project.name.to_string()),
                    prompt: Some(version.prompt.to_string()),
                    version: Some(version.version.to_string()),
                    wrong,
                };
                if let Err(wrong) = signatures(ring, project.name.as_str(), &version, verdict) {
                    return Ok(Some(bad(wrong)));
                }
                if good.insert(version.digest.clone()) {
                    let found = documents::digest(&client.document(&version.digest).await?);
                    if found != version.digest {
                        return Ok(Some(bad(Wrong::Document { digest: version.digest.clone(), found })));
                    }
                    verdict.documents += 1;
                }
            }
        }
    }
    Ok(None)
}

fn signatures(
    ring: &KeyRing,
    project: &str,
    version: &VersionSummary,
    verdict: &mut RowsVerdict,
) -> std::result::Result<(), Wrong> {
    let subject = VersionSubject { project, prompt: &version.prompt, version: &version.version };
    verify_version(ring, version.signature.as_ref(), subject, &version.digest).map_err(Wrong::Version)?;
    let statement = version.signature.as_ref().map(|signed| &signed.statement);
    if statement.and_then(|signed| signed.record.as_ref()).is_some_and(|signed| *signed != record(version)) {
        return Err(Wrong::Record);
    }
    verdict.versions += 1;
    if let Some(lock) = &version.lock {
        ring.verify(lock).map_err(Wrong::Lock)?;
        let found = &lock.statement;
        if found.digest != version.digest {
            let (expected, found) = (found.digest.clone(), version.digest.clone());
            return Err(Wrong::Lock(SigningError::OtherContent { expected, found }));
        }
        verdict.locks += 1;
    }
    Ok(())
}

fn record(version: &VersionSummary) -> Digest {
    let record = VersionRecord {
        bump: version.bump,
        changelog: version.changelog.as_deref(),
        dependencies: &version.dependencies,
        origin: version.origin.as_ref(),
    };
    record.digest()
}
