//! Changing the master key while everything goes on: new keys at once, then every value from the old to the new.

use promptsync_core::{audit::AuditEntry, ids::WorkspaceId};
use promptsync_store::{
    StoreError, Tx, data_keys,
    reseal::{self, COLUMNS},
    search, search_pending, workspaces,
};
use serde_json::{Map, Value, json};

use super::App;
use crate::{Config, StartError, masters::MasterKeyError, start};

/// How often a database that is busy is tried again. Each try has waited some seconds before it failed.
const TRIES: u32 = 30;

/// Prompts that are indexed at once.
const INDEXED: u32 = 100;

/// Keys that could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum ResealError {
    /// The data folder or database cannot be used.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The master key cannot be read or written.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// The database refused.
    #[error("the values could not be sealed again")]
    Store(#[from] StoreError),
}

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Workspaces that got a new data key.
    pub workspaces: u64,
    /// Values that were sealed, or sealed again.
    pub values: u64,
    /// Data keys that nothing needs any more, and that were deleted.
    pub retired: u64,
    /// Prompts that were indexed.
    pub indexed: u64,
}

/// The same with direct access to the database, beside a running server or without one.
pub async fn rotate_master(config: Config, progress: &(dyn Fn(u64) + Sync)) -> Result<Resealed, ResealError> {
    let app = start::open(config).await?;
    let done = rotate(&app, progress).await;
    app.db.close().await;
    done
}

/// Whether anything waits to be sealed, or sealed again.
pub(crate) async fn is_pending(app: &App) -> Result<bool, ResealError> {
    let mut tx = app.db.begin_system_read().await?;
    for workspace in workspaces::list(&mut tx).await? {
        if reseal::is_pending(&mut tx, &workspace.id).await? {
            return Ok(true);
        }
    }
    Ok(app.masters.has_next())
}

/// Makes a new master key in the data folder, unless one was made and is not everywhere yet, and brings everything
/// under it. A configured master key is taken as it is: it was changed in the configuration.
///
/// It can be stopped at any moment and called again, also while a server uses the same database.
pub(crate) async fn rotate(app: &App, progress: &(dyn Fn(u64) + Sync)) -> Result<Resealed, ResealError> {
    app.masters.begin_next().await?;
    app.db.keyring().replace(app.masters.read()?);
    let mut tries = 1;
    loop {
        match to_current(app, progress).await {
            // A server seals again too, once it sees the new key, and SQLite does not queue those who wait for it.
            Err(ResealError::Store(StoreError::Unavailable(_))) if tries < TRIES => tries += 1,
            outcome => return outcome,
        }
    }
}

/// Brings everything under the master key that is current now, in new data keys.
async fn to_current(app: &App, progress: &(dyn Fn(u64) + Sync)) -> Result<Resealed, ResealError> {
    let workspaces = new_keys(app).await?;
    let done = all(app, progress).await?;
    Ok(Resealed { workspaces: workspaces + done.workspaces, ..done })
}

/// Makes a new data key for every workspace whose own is not under the current master key; says how many.
async fn new_keys(app: &App) -> Result<u64, ResealError> {
    let known = workspaces::list(&mut app.db.begin_system_read().await?).await?;
    let mut made = 0;
    for workspace in known {
        let mut tx = app.db.begin_write(&workspace.id).await?;
        if reseal::rotate(&mut tx, &workspace.id).await? {
            commit(app, tx, &workspace.id, "keys.rotate", json!({})).await?;
            made += 1;
        }
    }
    Ok(made)
}

/// Brings everything under the active data keys: what a rotation began, and what was written before there was sealing.
/// `progress` hears how many values are done.
///
/// It begins no rotation by itself: servers whose configurations differ for a while would undo each other's.
pub(crate) async fn all(app: &App, progress: &(dyn Fn(u64) + Sync)) -> Result<Resealed, ResealError> {
    let mut done = Resealed::default();
    if app.masters.has_next() {
        done.workspaces = new_keys(app).await?;
    }
    let mut tx = app.db.begin_system_read().await?;
    let workspaces = workspaces::list(&mut tx).await?;
    drop(tx);
    for workspace in workspaces {
        of_workspace(app, &workspace.id, &mut done, progress).await?;
    }
    let mut tx = app.db.begin_system_read().await?;
    let needed = data_keys::masters(&mut tx).await?;
    drop(tx);
    let current = app.db.keyring().current()?.id();
    if needed.iter().all(|id| *id == current) {
        app.masters.promote()?;
    }
    Ok(done)
}

async fn of_workspace(
    app: &App,
    workspace: &WorkspaceId,
    done: &mut Resealed,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(), ResealError> {
    let mut tx = app.db.begin_read(workspace).await?;
    let in_clear = reseal::is_in_clear(&mut tx, workspace).await?;
    drop(tx);
    if in_clear {
        seal_clear(app, workspace, done, progress).await?;
    }
    for column in COLUMNS {
        let mut after = String::new();
        loop {
            let mut tx = app.db.begin_write(workspace).await?;
            let Some(batch) = reseal::batch(&mut tx, workspace, column, &after).await? else { break };
            let facts = json!({ "table": column.table, "column": column.column, "values": batch.values });
            commit(app, tx, workspace, "keys.reseal", facts).await?;
            done.values += batch.values as u64;
            progress(done.values);
            after = batch.last;
        }
    }
    let mut tx = app.db.begin_write(workspace).await?;
    if data_keys::count(&mut tx, workspace).await? > 1 {
        let retired = reseal::retire(&mut tx, workspace).await?;
        if retired > 0 {
            commit(app, tx, workspace, "keys.retire", json!({ "keys": retired })).await?;
            done.retired += retired;
        }
    }
    Ok(())
}

/// Seals what stands in clear. Its words go first: once all is sealed, nobody looks whether something is indexed.
async fn seal_clear(
    app: &App,
    workspace: &WorkspaceId,
    done: &mut Resealed,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<(), ResealError> {
    index(app, workspace, done).await?;
    loop {
        let mut tx = app.db.begin_write(workspace).await?;
        let values = reseal::seal_clear(&mut tx, workspace).await?;
        if values == 0 {
            return Ok(());
        }
        commit(app, tx, workspace, "keys.seal", json!({ "values": values })).await?;
        done.values += values as u64;
        progress(done.values);
    }
}

/// Indexes prompts that were published before content was sealed.
async fn index(app: &App, workspace: &WorkspaceId, done: &mut Resealed) -> Result<(), ResealError> {
    loop {
        let mut tx = app.db.begin_write(workspace).await?;
        let found = search::unindexed(&mut tx, workspace, INDEXED).await?;
        if found.is_empty() {
            return Ok(());
        }
        search_pending::index(&mut tx, workspace, &found).await?;
        commit(app, tx, workspace, "search.index", json!({ "prompts": found.len() })).await?;
        done.indexed += found.len() as u64;
    }
}

async fn commit(
    app: &App,
    tx: Tx,
    workspace: &WorkspaceId,
    action: &str,
    details: Value,
) -> Result<(), StoreError> {
    let details = match details {
        Value::Object(details) => details,
        _ => Map::new(),
    };
    let target = format!("workspace:{workspace}");
    let entry = AuditEntry::of_system(action, target, details, app.clock.now());
    tx.commit(workspace, entry).await.map(|_| ())
}
