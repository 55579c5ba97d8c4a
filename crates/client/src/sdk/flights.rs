//! One piece of work at a time under a name, for everybody who waits for it.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex},
    time::Instant,
};

use tokio::{runtime::Handle, sync::watch, time::timeout_at};

use super::SdkError;

type Outcome<T> = Option<Result<T, SdkError>>;

/// Work that is under way. It goes on when nobody waits for it any more.
#[derive(Debug)]
pub(super) struct Flights<T> {
    running: Arc<Mutex<HashMap<String, watch::Receiver<Outcome<T>>>>>,
}

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self { running: Arc::default() }
    }
}

impl<T: Clone + Send + Sync + 'static> Flights<T> {
    /// Joins the work of this name, or begins it.
    pub(super) fn join<F>(&self, runtime: &Handle, name: String, begin: impl FnOnce() -> F) -> Flight<T>
    where
        F: Future<Output = Result<T, SdkError>> + Send + 'static,
    {
        let mut running = self.running.lock().expect("no holder of the lock can panic");
        if let Some(outcome) = running.get(&name) {
            return Flight(outcome.clone());
        }
        let (done, outcome) = watch::channel(None);
        running.insert(name.clone(), outcome.clone());
        drop(running);
        let (work, end) = (begin(), End { name, running: Arc::clone(&self.running) });
        runtime.spawn(async move {
            let result = work.await;
            // Nobody joins after this; whoever comes now begins anew, or finds what was made.
            drop(end);
            let _ = done.send(Some(result));
        });
        Flight(outcome)
    }
}

/// Takes work off the list, if it panics too.
struct End<T> {
    name: String,
    running: Arc<Mutex<HashMap<String, watch::Receiver<Outcome<T>>>>>,
}

impl<T> Drop for End<T> {
    fn drop(&mut self) {
        if let Ok(mut running) = self.running.lock() {
            running.remove(&self.name);
        }
    }
}

/// Work that somebody waits for.
#[derive(Debug)]
pub(super) struct Flight<T>(watch::Receiver<Outcome<T>>);

impl<T: Clone> Flight<T> {
    /// What came out; none when it is not there in time.
    pub(super) async fn by(mut self, deadline: Instant) -> Option<Result<T, SdkError>> {
        let outcome = timeout_at(deadline.into(), self.0.wait_for(Option::is_some)).await.ok()?;
        // The sender is gone without a word when the work panicked or the runtime ends.
        Some(
            outcome.map_or(Err(SdkError::Closed), |outcome| outcome.clone().unwrap_or(Err(SdkError::Closed))),
        )
    }
}
