use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use super::*;
use crate::app::tests::app;

static RUNS: AtomicU32 = AtomicU32::new(0);
static RAN: Notify = Notify::const_new();

/// Fails, panics, then works: each run is told to the test.
fn run(_: Arc<App>) -> Run {
    Box::pin(async {
        RAN.notify_one();
        match RUNS.fetch_add(1, SeqCst) {
            0 => Err("cannot now".into()),
            1 => panic!("worse"),
            _ => Ok(()),
        }
    })
}

#[tokio::test]
async fn a_job_that_fails_or_panics_runs_again_and_once_more_at_the_end() {
    let job =
        Job { name: "test", every: Duration::from_millis(1), run, nudge: |_| None, at_stop: AtStop::RunOnce };
    let jobs = Jobs::of(vec![job], &Arc::new(app().await));
    while RUNS.load(SeqCst) < 3 {
        RAN.notified().await;
    }
    let before = RUNS.load(SeqCst);
    jobs.stop().await;
    assert!(RUNS.load(SeqCst) > before);
}

static NUDGED: AtomicU32 = AtomicU32::new(0);
static DONE: Notify = Notify::const_new();

#[tokio::test]
async fn a_job_runs_before_its_time_when_it_is_nudged_and_ends_without_running_when_it_need_not() {
    let job = Job {
        name: "test",
        every: Duration::from_hours(24),
        run: |_| {
            Box::pin(async {
                NUDGED.fetch_add(1, SeqCst);
                DONE.notify_one();
                Ok(())
            })
        },
        nudge: |app| Some(app.access.full()),
        at_stop: AtStop::End,
    };
    let app = Arc::new(app().await);
    let jobs = Jobs::of(vec![job], &app);
    app.access.full().notify_one();
    DONE.notified().await;
    jobs.stop().await;
    assert_eq!(NUDGED.load(SeqCst), 1);
}

#[tokio::test]
async fn every_job_is_started() {
    let app = app().await;
    let started: Vec<_> = jobs(&app).iter().map(|job| job.name).collect();
    for name in ["access records", "checkpoints", "old versions", "key uses", "reseal", "secret cache"] {
        assert!(started.contains(&name), "{name} is not among {started:?}");
    }
}
