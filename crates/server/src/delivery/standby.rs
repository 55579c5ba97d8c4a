//! What is read while the database is away: a database made of the last-good copy.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use promptsync_api::error::UNAVAILABLE;
use promptsync_core::{ids::WorkspaceId, time::Timestamp};
use promptsync_store::{
    Db, StoreError,
    last_good::{Shelf, Stored},
};

use super::{Current, Feed, Need, Stale, redis::Redis};
use crate::{app::App, http::error::ApiError};

/// The copy's file in the data folder.
pub(crate) const FILE: &str = "last-good.db";

/// The copy, opened.
#[derive(Debug)]
pub(crate) struct Standby {
    /// It reads like any other.
    pub(crate) db: Db,
    source: &'static str,
    /// When each workspace's copy was certainly the newest.
    confirmed: HashMap<WorkspaceId, Timestamp>,
    feeds: Mutex<HashMap<WorkspaceId, Arc<Feed>>>,
}

impl Standby {
    /// What was stored; none when nothing of it opens.
    async fn of(stored: Vec<Stored>, keys_of: &Db, source: &'static str) -> Result<Option<Self>, StoreError> {
        let (db, restored) = keys_of.restored(stored).await?;
        if restored.is_empty() {
            return Ok(None);
        }
        let refused: usize = restored.iter().map(|one| one.refused).sum();
        if refused > 0 {
            tracing::error!(
                refused,
                "prompts of the last-good copy do not verify and are not served from it"
            );
        }
        let confirmed = restored.into_iter().map(|one| (one.workspace, one.confirmed_at)).collect();
        Ok(Some(Self { db, source, confirmed, feeds: Mutex::default() }))
    }

    /// When the copy of a workspace was certainly the newest.
    pub(crate) fn confirmed_at(&self, workspace: &WorkspaceId) -> Option<Timestamp> {
        self.confirmed.get(workspace).copied()
    }

    /// A view of what the copy holds, when it holds the workspace.
    pub(super) async fn current(
        &self,
        workspace: &WorkspaceId,
        need: Need<'_>,
        now: Timestamp,
    ) -> Result<Option<Current>, StoreError> {
        let Some(confirmed) = self.confirmed_at(workspace) else { return Ok(None) };
        let feed = {
            let mut feeds = self.feeds.lock().unwrap_or_else(PoisonError::into_inner);
            let new = || Arc::new(Feed::new(workspace.clone()));
            Arc::clone(feeds.entry(workspace.clone()).or_insert_with(new))
        };
        let view = feed.up_to_date(&self.db, true, need).await?;
        if !super::feed::has(&view, need) {
            return Ok(None);
        }
        let age = (now - confirmed).to_std().unwrap_or(Duration::ZERO);
        Ok(Some(Current { view, stale: Some(Stale { age, source: self.source }) }))
    }
}

/// What a copy does not have may exist all the same.
pub(crate) fn not_in_copy(error: ApiError) -> ApiError {
    if error.status() != 404 {
        return error;
    }
    let detail = "the database is away, and the copy this server reads from does not have it";
    ApiError::new(UNAVAILABLE, detail).retry_after(1)
}

impl App {
    /// What is read in place of the database while that is away.
    pub(crate) fn standby(&self) -> Option<Arc<Standby>> {
        self.delivery.standby.load_full()
    }

    /// Opens the last-good copy: that of the data folder, else that in Redis. Whether there is one.
    pub(crate) async fn stand_by(&self) -> bool {
        let failed = |error: &(dyn std::error::Error + Send + Sync + 'static)| {
            let cause = crate::http::error::chain(error);
            tracing::error!(cause, "a last-good copy cannot be used");
        };
        let stored = match Shelf::read(&self.config.data_dir.join(FILE)).await {
            Ok(stored) => stored,
            Err(error) => {
                failed(&error);
                Vec::new()
            }
        };
        if self.stand_by_with(stored, "file").await {
            return true;
        }
        let Some(redis) = Redis::configured(self) else { return false };
        match redis.stored().await {
            Ok(stored) => self.stand_by_with(stored, "redis").await,
            Err(error) => {
                failed(&error);
                false
            }
        }
    }

    async fn stand_by_with(&self, stored: Vec<Stored>, source: &'static str) -> bool {
        match Standby::of(stored, &self.db, source).await {
            Ok(Some(standby)) => {
                self.delivery.standby.store(Some(Arc::new(standby)));
                true
            }
            Ok(None) => false,
            Err(error) => {
                let cause = crate::http::error::chain(&error);
                tracing::error!(source, cause, "a last-good copy cannot be used");
                false
            }
        }
    }
}
