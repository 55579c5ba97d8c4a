//! Hearing of what others committed: other servers on the same database, and the command line on this one.
//!
//! The database is asked again and again how far every workspace is: that is the truth, and how it is known whether the
//! database answers at all. What PostgreSQL tells by itself only makes the next question come at once.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use promptsync_store::{StoreError, lookout::Lookout};
use tokio::{sync::mpsc, task::JoinSet, time::MissedTickBehavior};

use super::{
    copy,
    redis::{self, Redis},
};
use crate::app::App;

/// How often the database is asked how far every workspace is. A lost message is a late change, never a lost one.
const EVERY: Duration = Duration::from_millis(500);

/// How long the copy may take to open before those who wait are sent away.
const STANDING: Duration = Duration::from_secs(1);

/// Commits that may wait to be told to Redis.
const UNTOLD: usize = 1_024;

/// Time between two attempts to listen, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

/// Tasks that keep what is in memory in step with the database. They end when this value goes away.
#[derive(Debug)]
pub struct Following(#[expect(dead_code, reason = "the tasks live as long as it does")] JoinSet<()>);

impl Following {
    /// Starts them.
    pub fn start(app: &Arc<App>) -> Self {
        Self::every(app, EVERY)
    }

    /// The same with another time between two questions, for tests.
    pub fn every(app: &Arc<App>, time: Duration) -> Self {
        let mut tasks = JoinSet::new();
        tasks.spawn(follow(Arc::clone(app), time));
        tasks.spawn(listen(Arc::clone(app)));
        tasks.spawn(copy::in_folder(Arc::clone(app)));
        if let Some(redis) = Redis::configured(app) {
            let (tell, committed) = mpsc::channel(UNTOLD);
            let _ = app.delivery.tell.set(tell);
            tasks.spawn(redis::talk(Arc::clone(app), redis.clone(), committed));
            tasks.spawn(copy::in_redis(Arc::clone(app), redis));
        }
        Self(tasks)
    }
}

/// Asks again and again, sooner when somebody has reason to.
async fn follow(app: Arc<App>, time: Duration) {
    let mut lookout = app.db.lookout();
    let mut ticks = tokio::time::interval(time);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = app.delivery.nudged.notified() => {}
            () = app.db.reach().doubted() => {}
        }
        let Err(error) = look(&app, &mut lookout).await else { continue };
        if !app.db.reach().is_away() {
            let cause = crate::http::error::chain(&error);
            tracing::warn!(cause, "the database does not answer; prompts are served from memory");
            // Whoever waits for the database until it is given up finds the copy in its place.
            let standing = Arc::clone(&app);
            let standing = tokio::spawn(async move { standing.stand_by().await });
            let _ = tokio::time::timeout(STANDING, standing).await;
            app.db.reach().set_away(true);
        }
    }
}

/// Asks once. A database that was never seen is prepared first.
async fn look(app: &App, lookout: &mut Lookout) -> Result<(), StoreError> {
    if !app.db.is_prepared() {
        lookout.knock().await?;
        app.db.prepare().await?;
    }
    let heads = lookout.heads().await?;
    if app.db.reach().set_away(false) {
        tracing::info!("the database answers again");
        app.prepare().await?;
    }
    for feed in app.delivery.feeds() {
        if let Some((_, revision)) = heads.iter().find(|(workspace, _)| workspace == feed.workspace()) {
            feed.heard_of(*revision);
            feed.confirm();
        }
    }
    app.delivery.is_following.store(true, Ordering::Release);
    app.delivery.standby.store(None);
    app.delivery.heads.send_if_modified(|known| {
        let is_news = *known != heads;
        *known = heads;
        is_news
    });
    Ok(())
}

impl App {
    /// Asks the database how far every workspace is, and from then on trusts what it knows: for tests, which have no
    /// clock that does it again and again.
    pub async fn hear_of_changes(&self) -> Result<(), StoreError> {
        look(self, &mut self.db.lookout()).await
    }
}

/// Listens as long as the database answers, and begins again when the connection is lost.
async fn listen(app: Arc<App>) {
    let mut pause = PAUSE.0;
    loop {
        app.db.reach().back().await;
        match app.db.listen().await {
            Ok(None) => return,
            Ok(Some(mut listener)) => {
                pause = PAUSE.0;
                app.delivery.listens.send_modify(|count| *count += 1);
                // Before it, anything may have happened.
                app.delivery.nudged.notify_one();
                loop {
                    let heard = tokio::select! {
                        heard = listener.next() => heard,
                        () = app.db.reach().gone() => break,
                    };
                    let Ok((workspace, revision)) = heard else { break };
                    if app.delivery.is_news(&workspace, revision) {
                        app.delivery.nudged.notify_one();
                    }
                }
                app.delivery.nudged.notify_one();
            }
            Err(error) => {
                tracing::debug!(cause = crate::http::error::chain(&error), "cannot listen for changes");
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE.1);
    }
}
