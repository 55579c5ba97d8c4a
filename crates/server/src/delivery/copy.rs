//! Keeping the last-good copy: after each change what changed is stored, and from time to time that nothing did.

use std::{collections::HashMap, fs, path::Path, sync::Arc, time::Duration};

use promptsync_core::{audit::Revision, ids::WorkspaceId};
use promptsync_store::{
    Pools, StoreError,
    last_good::{Copy, Known, Shelf, Stored},
};
use tokio::{sync::watch, time::Instant};

use super::{
    redis::{Redis, Write, Writer},
    standby::FILE,
};
use crate::{app::App, http::Reason};

/// How often a copy that did not change is confirmed.
const CONFIRM: Duration = Duration::from_secs(20);
/// Times as long as copying took nothing is copied afterwards: it takes a twentieth of the time at most.
const REST: u32 = 19;
/// Beside the copy's file: whoever has it locked keeps the copy.
const LOCK: &str = "last-good.lock";

/// How far every workspace is.
pub(super) type Heads = Vec<(WorkspaceId, Revision)>;

/// Where a copy is kept.
enum Place {
    File(Shelf),
    Redis(Box<Writer>),
}

/// Keeps one copy.
struct Keeper {
    place: Place,
    known: HashMap<WorkspaceId, Known>,
    confirmed: Option<Instant>,
}

/// Keeps the copy of a PostgreSQL database in the data folder until it is dropped. A folder that cannot be written has
/// none.
pub(super) async fn in_folder(app: Arc<App>) {
    if !matches!(app.db.pools(), Pools::Postgres(_)) {
        return;
    }
    let folder = &app.config.data_dir;
    let opened = async {
        // Servers that share a folder would take each other's parts away.
        let lock = lock(&folder.join(LOCK)).await?;
        Ok::<_, Reason>((lock, Shelf::open(&folder.join(FILE)).await?))
    };
    match opened.await {
        Ok((_lock, shelf)) => Keeper::new(Place::File(shelf)).keep(&app, &app.delivery.copied).await,
        Err(error) => {
            let (cause, folder) = (crate::http::error::chain(&*error), folder.display().to_string());
            tracing::warn!(folder, cause, "no last-good copy is kept: a cold start needs the database");
        }
    }
}

/// Keeps the copy in Redis.
pub(super) async fn in_redis(app: Arc<App>, redis: Redis) {
    if matches!(app.db.pools(), Pools::Postgres(_)) {
        let writer = Writer::new(redis, holder(&app));
        Keeper::new(Place::Redis(Box::new(writer))).keep(&app, &app.delivery.copied_to_redis).await;
    }
}

/// Waits until this process has the file locked.
async fn lock(path: &Path) -> Result<fs::File, std::io::Error> {
    let file = fs::File::create(path)?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(fs::TryLockError::WouldBlock) => tokio::time::sleep(CONFIRM).await,
            Err(fs::TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Who this process is among those that could keep a copy.
fn holder(app: &App) -> String {
    let mut bytes = [0; 16];
    (app.random)(&mut bytes);
    format!("{:032x}", u128::from_be_bytes(bytes))
}

impl Keeper {
    fn new(place: Place) -> Self {
        Self { place, known: HashMap::new(), confirmed: None }
    }

    async fn keep(mut self, app: &App, done: &watch::Sender<Heads>) {
        let mut heads = app.delivery.heads.subscribe();
        let mut is_well = true;
        loop {
            let began = Instant::now();
            let wanted = heads.borrow_and_update().clone();
            if !app.db.reach().is_away() {
                match self.store(app, &wanted).await {
                    Ok(stored) => {
                        is_well = true;
                        if stored {
                            done.send_replace(wanted);
                        }
                    }
                    Err(error) => {
                        let is_away = matches!(error.downcast_ref(), Some(StoreError::Unavailable(_)));
                        if !is_away && std::mem::take(&mut is_well) {
                            let cause = crate::http::error::chain(&*error);
                            tracing::warn!(
                                cause,
                                "a last-good copy could not be brought up to date; it is tried again"
                            );
                        }
                    }
                }
            }
            tokio::time::sleep(began.elapsed() * REST).await;
            let _ = tokio::time::timeout(CONFIRM, heads.changed()).await;
        }
    }

    /// Stores what changed. Whether it did: another server may be the one that does.
    async fn store(&mut self, app: &App, heads: &Heads) -> Result<bool, Reason> {
        if let Place::Redis(writer) = &mut self.place
            && !writer.lease().await?
        {
            self.known.clear();
            return Ok(false);
        }
        let now = app.clock.now();
        let confirm = self.confirmed.is_none_or(|at| at.elapsed() >= CONFIRM);
        for (workspace, revision) in heads {
            let known = self.known.entry(workspace.clone()).or_default();
            if known.revision >= *revision {
                if confirm && !self.place.confirm(workspace, now).await? {
                    return Ok(false);
                }
                continue;
            }
            let mut tx = app.db.begin_read(workspace).await?;
            let Some(copy) = Copy::export(&mut tx, workspace).await? else { continue };
            let documents = copy.missing_documents(&mut tx, known).await?;
            drop(tx);
            // When it cannot be stored, all of it is stored the next time.
            let mut after = std::mem::take(known);
            let mut stored = copy.seal(&app.db, &mut after, now)?;
            stored.documents = documents;
            if !self.place.put(&stored).await? {
                return Ok(false);
            }
            after.have(&stored.documents);
            self.known.insert(workspace.clone(), after);
        }
        if confirm {
            self.confirmed = Some(Instant::now());
        }
        Ok(true)
    }
}

impl Place {
    async fn put(&mut self, stored: &Stored) -> Result<bool, Reason> {
        match self {
            Self::File(shelf) => Ok(shelf.put(stored).await.map(|()| true)?),
            Self::Redis(writer) => Ok(writer.write(Write::Put(stored)).await?),
        }
    }

    async fn confirm(
        &mut self,
        workspace: &WorkspaceId,
        at: promptsync_core::time::Timestamp,
    ) -> Result<bool, Reason> {
        match self {
            Self::File(shelf) => Ok(shelf.confirm(workspace, at).await.map(|()| true)?),
            Self::Redis(writer) => Ok(writer.write(Write::Confirm(workspace, at)).await?),
        }
    }
}
