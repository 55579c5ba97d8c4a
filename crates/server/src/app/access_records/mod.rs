//! Access records: noted while requests are answered, without waiting and without SQL; written in batches by a job.
//!
//! Anything that was read, rendered or refused is noted with [`AccessRecords::note`]:
//!
//! ```ignore
//! app.access.note(Record {
//!     workspace: Some(workspace), actor: Some(caller.actor()), action: "secret.read", outcome: OK,
//!     target: "secret:payments/openai".to_owned(), address: peer, request_id: Some(request_id),
//!     project: None,
//! });
//! ```
//!
//! Where an access without a record would be worse than none, ask [`AccessRecords::is_writable`] first and refuse.

mod access;
mod batch;
mod buffer;
mod reads;

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use promptsync_core::{
    audit::Actor,
    ids::WorkspaceId,
    time::{Clock, Timestamp},
};
use tokio::{sync::Notify, time::Instant};

pub(crate) use access::{Access, Answered};
pub(crate) use batch::flush;
use buffer::{Buffer, EXACT};
pub(crate) use reads::Reading;
use reads::Reads;

/// Rows of a batch at most: between two batches others write.
const BATCH: usize = 1_000;

/// Rows in memory at which they are written before their time: soon there is no more room for those that say exactly what
/// happened.
const FULL: usize = EXACT / 10 * 9;

/// Time between two such occasions at least. However fast rows come, writing them leaves the processor to the readers;
/// what does not fit until then is counted together.
const REST: Duration = Duration::from_secs(2);

/// Characters of a target that are kept.
const LONGEST: usize = 300;

/// How long batches may fail before [`AccessRecords::is_writable`] says no.
const PATIENCE: Duration = Duration::from_mins(1);

/// One access, as it is noted. Nothing in it may be secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// The workspace; the server's own when none is known.
    pub(crate) workspace: Option<WorkspaceId>,
    /// Who tried; none when nobody is known.
    pub(crate) actor: Option<Actor>,
    /// What was tried: `read`, `prompt.render`, `secret.read`, `login`, ….
    pub(crate) action: &'static str,
    /// The project's name, when it was about one.
    pub(crate) project: Option<String>,
    /// What it was about.
    pub(crate) target: String,
    /// [`promptsync_core::access_records::OK`], or the error code of the refusal.
    pub(crate) outcome: &'static str,
    /// Where it came from.
    pub(crate) address: Option<IpAddr>,
    /// The request; one of those that are counted together is kept.
    pub(crate) request_id: Option<String>,
}

/// Accesses that wait to be written.
pub(crate) struct AccessRecords {
    clock: Arc<dyn Clock>,
    buffer: Mutex<Buffer>,
    reads: Reads,
    /// Since when it is not certain that batches can be written.
    doubtful_since: Mutex<Option<Instant>>,
    /// Held while a batch is written: two would take each other's place.
    writing: tokio::sync::Mutex<()>,
    full: Notify,
    /// When that was last said.
    full_at: Mutex<Option<Instant>>,
}

impl AccessRecords {
    /// Nothing noted yet.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            buffer: Mutex::default(),
            reads: Reads::default(),
            doubtful_since: Mutex::default(),
            writing: tokio::sync::Mutex::default(),
            full: Notify::new(),
            full_at: Mutex::default(),
        }
    }

    /// Notes an access. Never waits and never fails; memory is bounded, and what no longer fits is still counted.
    pub(crate) fn note(&self, mut record: Record) {
        record.target = plain(&record.target);
        let now = self.clock.now();
        let mut buffer = self.buffer();
        buffer.note(record, now);
        self.look_whether_full(buffer.len());
    }

    /// Notes that a prompt was read whose answer was in memory.
    pub(crate) fn note_read(&self, reading: &Reading<'_>, now: Timestamp, request_id: &str) {
        self.look_whether_full(self.reads.note(reading, now, request_id));
    }

    fn look_whether_full(&self, rows: usize) {
        if rows < FULL {
            return;
        }
        let mut said = self.full_at.lock().expect("no code panics while it holds this lock");
        if said.is_none_or(|at| at.elapsed() >= REST) {
            *said = Some(Instant::now());
            self.full.notify_one();
        }
    }

    /// Takes everything out that was noted.
    fn take(&self) -> Buffer {
        let mut buffer = self.buffer();
        self.reads.pour(&mut buffer);
        buffer.take()
    }

    /// Whether accesses that must not go unrecorded may go on: false once batches could not be written for a minute.
    pub(crate) fn is_writable(&self) -> bool {
        self.doubtful_since().is_none_or(|since| since.elapsed() <= PATIENCE)
    }

    /// Becomes ready when a batch should be written before its time.
    pub(crate) fn full(&self) -> &Notify {
        &self.full
    }

    fn buffer(&self) -> MutexGuard<'_, Buffer> {
        self.buffer.lock().expect("no code panics while it holds this lock")
    }

    fn doubtful_since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.doubtful_since.lock().expect("no code panics while it holds this lock")
    }
}

/// A text a stranger may have sent, without what a database or a terminal could stumble over.
fn plain(text: &str) -> String {
    text.chars().take(LONGEST).map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemClock;

    #[tokio::test(start_paused = true)]
    async fn after_a_minute_of_doubt_records_count_as_not_writable() {
        let access = AccessRecords::new(Arc::new(SystemClock));
        assert!(access.is_writable());
        *access.doubtful_since() = Some(Instant::now());
        tokio::time::advance(PATIENCE).await;
        assert!(access.is_writable());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(!access.is_writable());
        *access.doubtful_since() = None;
        assert!(access.is_writable());
    }
}
