//! Hearing of commits at once: PostgreSQL tells every connection that listens. What is heard is a hint and never the
//! truth: a message can be lost, and anybody with access to the database can send one.

use promptsync_core::{audit::Revision, ids::WorkspaceId};
use sqlx::postgres::{PgListener, PgPoolOptions};

use crate::{
    conn::{Db, Pools},
    error::{Result, StoreError},
};

/// The channel on which the trigger of `audit_heads` speaks.
const CHANNEL: &str = "promptsync";

/// A connection that listens.
#[derive(Debug)]
pub struct Listener(PgListener);

impl Db {
    /// Listens for commits; none on SQLite, which has nobody to tell.
    pub async fn listen(&self) -> Result<Option<Listener>> {
        let Pools::Postgres(pool) = self.pools() else { return Ok(None) };
        let options = (*pool.connect_options()).clone().application_name("promptsync listener");
        let own = PgPoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_with(options);
        let mut listener = self.reach().guard(async { PgListener::connect_with(&own.await?).await }).await?;
        listener.eager_reconnect(false);
        listener.ignore_pool_close_event(true);
        self.reach().guard(listener.listen(CHANNEL)).await?;
        Ok(Some(Listener(listener)))
    }
}

impl Listener {
    /// The next commit somebody told of: the workspace and its revision. A connection that was lost is an error: in
    /// between anything may have been told.
    pub async fn next(&mut self) -> Result<(WorkspaceId, Revision)> {
        loop {
            let Some(told) = self.0.try_recv().await? else {
                return Err(StoreError::Unavailable(sqlx::Error::PoolClosed));
            };
            let words = told.payload().split_once(' ');
            let heard = words.and_then(|(workspace, revision)| {
                Some((WorkspaceId::new(workspace), revision.parse().ok()?))
            });
            if let Some(heard) = heard {
                return Ok(heard);
            }
        }
    }
}
