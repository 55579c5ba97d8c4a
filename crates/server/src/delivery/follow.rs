//! Hearing of what others committed: other servers on the same database, and the command line on this one.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use promptsync_store::{StoreError, audit};
use tokio::{sync::Notify, time::MissedTickBehavior};

use crate::app::App;

/// How often the database is asked how far every workspace is. A lost message is a late change, never a lost one.
const EVERY: Duration = Duration::from_millis(500);

/// Asks again and again how far every workspace is, sooner when `nudged`. Ends when it is dropped.
pub(crate) async fn follow(app: Arc<App>, nudged: Arc<Notify>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut was_away = false;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = nudged.notified() => {}
        }
        match look(&app).await {
            Ok(()) => {
                if std::mem::take(&mut was_away) {
                    tracing::info!("the database answers again");
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut was_away, true) {
                    let cause = crate::http::error::chain(&error);
                    tracing::warn!(cause, "the database does not answer; prompts are served from memory");
                }
            }
        }
    }
}

/// Asks once.
async fn look(app: &App) -> Result<(), StoreError> {
    let mut tx = app.db.begin_system_read().await?;
    let heads = audit::heads(&mut tx).await?;
    drop(tx);
    for feed in app.delivery.feeds() {
        if let Some((_, revision)) = heads.iter().find(|(workspace, _)| workspace == feed.workspace()) {
            feed.heard_of(*revision);
            feed.confirm();
        }
    }
    app.delivery.is_following.store(true, Ordering::Release);
    Ok(())
}

impl App {
    /// Asks the database how far every workspace is, and from then on trusts what it knows: for tests, which have no
    /// clock that does it again and again.
    pub async fn hear_of_changes(&self) -> Result<(), StoreError> {
        look(self).await
    }
}
