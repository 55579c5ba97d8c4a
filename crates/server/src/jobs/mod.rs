//! Work that is done from time to time while the server runs: one file a job, each with a `run_once` that tests call.
//!
//! A job never runs twice at the same moment. What goes wrong, a panic too, is logged and tried again the next time.
//! Jobs end before the database is closed, after the listeners; those that have something in memory run once more.

pub mod access_records;
pub mod checkpoints;
pub mod old_versions;
mod reseal;
pub mod search;
pub mod secret_cache;

use std::{future::Future, panic::AssertUnwindSafe, pin::Pin, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
    time::{Instant, MissedTickBehavior},
};

use crate::{app::App, http::Reason};

type Run = Pin<Box<dyn Future<Output = Result<(), Reason>> + Send>>;

/// A job.
pub(crate) struct Job {
    name: &'static str,
    /// The time between the beginnings of two runs.
    every: Duration,
    run: fn(Arc<App>) -> Run,
    /// What asks for a run before its time.
    nudge: fn(&App) -> Option<&Notify>,
    at_stop: AtStop,
}

/// What a job does when the server stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AtStop {
    /// It ends.
    End,
    /// It runs once more.
    RunOnce,
}

/// Every job; those that run once more at the end do so in this order.
fn jobs(app: &App) -> Vec<Job> {
    vec![
        Job {
            name: "access records",
            every: app.config.access,
            run: |app| Box::pin(async move { Ok(access_records::run_once(&app).await?) }),
            nudge: |app| Some(app.access.full()),
            at_stop: AtStop::RunOnce,
        },
        Job {
            name: "checkpoints",
            every: Duration::from_mins(1),
            run: |app| Box::pin(async move { Ok(checkpoints::run_once(&app).await?) }),
            nudge: |app| Some(&app.checkpoint_due),
            at_stop: AtStop::RunOnce,
        },
        Job {
            name: "old versions",
            every: Duration::from_mins(1),
            run: |app| Box::pin(async move { old_versions::run_once(&app).await.map(|_| ()) }),
            nudge: |_| None,
            at_stop: AtStop::End,
        },
        Job {
            name: "key uses",
            every: Duration::from_secs(20),
            run: |app| Box::pin(async move { Ok(app.write_key_uses().await?) }),
            nudge: |_| None,
            at_stop: AtStop::RunOnce,
        },
        Job {
            name: "clients",
            every: Duration::from_secs(1),
            run: |app| Box::pin(async move { Ok(app.write_clients().await?) }),
            nudge: |_| None,
            at_stop: AtStop::RunOnce,
        },
        Job {
            name: "reseal",
            every: Duration::from_secs(30),
            run: |app| Box::pin(async move { Ok(reseal::run_once(&app).await?) }),
            nudge: |_| None,
            at_stop: AtStop::End,
        },
        Job {
            name: "search",
            every: Duration::from_secs(5),
            run: |app| Box::pin(async move { Ok(search::run_once(&app).await?) }),
            nudge: |_| None,
            at_stop: AtStop::End,
        },
        Job {
            name: "secret cache",
            every: Duration::from_secs(30),
            run: |app| {
                secret_cache::run_once(&app);
                Box::pin(std::future::ready(Ok(())))
            },
            nudge: |_| None,
            at_stop: AtStop::End,
        },
    ]
}

/// Jobs that run.
pub(crate) struct Jobs {
    app: Arc<App>,
    stop: watch::Sender<bool>,
    running: JoinSet<(usize, Job)>,
}

impl Jobs {
    /// Starts every job.
    pub(crate) fn start(app: &Arc<App>) -> Self {
        Self::of(jobs(app), app)
    }

    fn of(jobs: Vec<Job>, app: &Arc<App>) -> Self {
        let stop = watch::Sender::new(false);
        let mut running = JoinSet::new();
        for (place, job) in jobs.into_iter().enumerate() {
            let (app, stopped) = (Arc::clone(app), stop.subscribe());
            running.spawn(async move {
                job.repeat(&app, stopped).await;
                (place, job)
            });
        }
        Self { app: Arc::clone(app), stop, running }
    }

    /// Tells every job to end, and waits until they have.
    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        let mut ended = self.running.join_all().await;
        ended.sort_by_key(|(place, _)| *place);
        for (_, job) in ended {
            if job.at_stop == AtStop::RunOnce {
                job.run(&self.app).await;
            }
        }
    }
}

impl Job {
    async fn repeat(&self, app: &Arc<App>, mut stopped: watch::Receiver<bool>) {
        let mut ticks = tokio::time::interval_at(Instant::now() + self.every, self.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let nudged = async {
                match (self.nudge)(app) {
                    Some(notify) => notify.notified().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => break,
                _ = ticks.tick() => {}
                () = nudged => {}
            }
            self.run(app).await;
        }
    }

    async fn run(&self, app: &Arc<App>) {
        // It would only fail: what waits in memory goes on waiting.
        if app.db.reach().is_away() {
            return;
        }
        let ran = AssertUnwindSafe((self.run)(Arc::clone(app))).catch_unwind().await;
        match ran {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let cause = crate::http::error::chain(&*error);
                tracing::error!(job = self.name, cause, "a job failed; it is tried again");
            }
            Err(_) => tracing::error!(job = self.name, "a job panicked; it is tried again"),
        }
    }
}

#[cfg(test)]
mod tests;
