//! Snapshots: where an alias points, signed, for readers who must not take a server's word for it.
//!
//! What was signed is kept and given again until the alias moves or an hour has passed: as long as nothing at all
//! happened in the workspace without the database, else after one look at the alias.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use chrono::TimeDelta;
use promptsync_core::{
    audit::Revision,
    digest::Digest,
    ids::AliasId,
    names::{AliasName, PromptName},
    signing::{PublicKey, SnapshotEntry, SnapshotStatement},
    time::Timestamp,
};
use promptsync_store::{StoreError, aliases::Alias, snapshot};

use super::{aliases::existing, signing_keys::Signer};
use crate::{
    delivery::{Current, Need, Standby, not_in_copy},
    endpoint::InProject,
    http::error::ApiError,
};

/// How long a snapshot is good: what it says cannot be kept from being replaced for longer.
pub(crate) const GOOD_FOR: TimeDelta = TimeDelta::hours(24);

/// How long one is given again before it is signed anew.
const KEPT: TimeDelta = TimeDelta::hours(1);

/// Snapshots that are kept; beyond it all are dropped and made again.
const MAX: usize = 1_000;

/// A signed snapshot, ready to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Ready {
    /// Its JSON.
    pub(crate) body: Bytes,
    /// Its tag, without quotes.
    pub(crate) tag: Digest,
}

/// Snapshots that were signed, by project and alias.
#[derive(Debug, Default)]
pub(crate) struct Snapshots(Mutex<HashMap<(String, AliasName), Kept>>);

#[derive(Clone, Debug)]
struct Kept {
    ready: Arc<Ready>,
    alias: AliasId,
    /// The revision that moved the alias last.
    moved: Revision,
    key: PublicKey,
    signed_at: Timestamp,
    /// The workspace's revision at which this was certain.
    certain: Revision,
}

impl Snapshots {
    fn get(&self, key: &(String, AliasName), now: Timestamp) -> Option<Kept> {
        self.kept().get(key).filter(|kept| now - kept.signed_at < KEPT).cloned()
    }

    fn put(&self, key: (String, AliasName), kept: Kept) {
        let mut all = self.kept();
        if all.len() >= MAX && !all.contains_key(&key) {
            all.clear();
        }
        all.insert(key, kept);
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<(String, AliasName), Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where an alias points now; while the database is away, where the last-good copy says.
pub(crate) async fn get(call: &InProject, alias: &str) -> Result<Arc<Ready>, ApiError> {
    let found = newest(call, alias).await;
    match (&found, call.app.standby()) {
        (Err(error), Some(standby)) if error.is_unavailable() => {
            last_good(call, alias, &standby).await.map(Arc::new).map_err(not_in_copy)
        }
        _ => found,
    }
}

async fn newest(call: &InProject, alias: &str) -> Result<Arc<Ready>, ApiError> {
    let (app, workspace) = (&call.app, &call.caller.workspace);
    let now = app.clock.now();
    let current = app.delivered_since(workspace, Need::Project(&call.project.id), &call.headers).await?;
    let key = AliasName::parse(alias).ok().map(|name| (call.project.id.to_string(), name));
    let kept = key.as_ref().and_then(|key| app.snapshots.get(key, now));
    match kept {
        Some(kept) if kept.certain >= current.view.revision => Ok(kept.ready),
        kept => renewed(call, alias, &current, kept, now).await,
    }
}

/// It counts from when the copy was certainly the newest: it is no longer good than the one that was given then.
async fn last_good(call: &InProject, alias: &str, standby: &Standby) -> Result<Ready, ApiError> {
    let workspace = &call.caller.workspace;
    let issued_at = standby.confirmed_at(workspace).ok_or_else(StoreError::away)?;
    let mut tx = standby.db.begin_read(workspace).await?;
    let signer = call.app.signer_within(&mut tx, workspace).await?.ok_or_else(StoreError::away)?;
    let alias = existing(&mut tx, call, alias).await?;
    let entries = snapshot::signed_entries(&mut tx, &alias.id).await?;
    signed(call, &signer, &alias, entries, issued_at)
}

/// A snapshot in its final form.
fn signed(
    call: &InProject,
    signer: &Signer,
    alias: &Alias,
    entries: BTreeMap<PromptName, SnapshotEntry>,
    issued_at: Timestamp,
) -> Result<Ready, ApiError> {
    let signed = signer.sign(SnapshotStatement {
        workspace: call.caller.workspace.to_string(),
        project: call.project.name.to_string(),
        alias: alias.name.clone(),
        revision: alias.revision,
        issued_at,
        expires_at: issued_at + GOOD_FOR,
        entries,
    });
    let body = serde_json::to_vec(&signed).map_err(ApiError::internal)?;
    Ok(Ready { tag: Digest::of(&body), body: body.into() })
}

async fn renewed(
    call: &InProject,
    alias: &str,
    current: &Current,
    kept: Option<Kept>,
    now: Timestamp,
) -> Result<Arc<Ready>, ApiError> {
    let (app, workspace) = (&call.app, &call.caller.workspace);
    let signer = app.signer(workspace).await?;
    let mut tx = app.db.begin_read(workspace).await?;
    let alias = existing(&mut tx, call, alias).await?;
    let key = (call.project.id.to_string(), alias.name.clone());
    let is_same =
        |kept: &Kept| kept.alias == alias.id && kept.moved == alias.revision && kept.key == *signer.public();
    if let Some(kept) = kept.filter(is_same) {
        let ready = Arc::clone(&kept.ready);
        app.snapshots.put(key, Kept { certain: current.view.revision, ..kept });
        return Ok(ready);
    }
    let entries = snapshot::signed_entries(&mut tx, &alias.id).await?;
    drop(tx);
    let ready = Arc::new(signed(call, &signer, &alias, entries, now)?);
    app.snapshots.put(
        key,
        Kept {
            ready: Arc::clone(&ready),
            alias: alias.id,
            moved: alias.revision,
            key: signer.public().clone(),
            signed_at: now,
            certain: current.view.revision,
        },
    );
    Ok(ready)
}
