//! Streams of changes: whoever listens to an alias hears of each move as soon as it is made.
//!
//! Each alias somebody listens to has a [`line::Line`] and one task that tends it: it reads what changed when its
//! workspace has a new revision, signs and encodes the event once, and wakes everybody. A stream is a position in the
//! line's ring of events and nothing more: no queue, no timer, no SQL of its own. One that reads too slowly falls out of
//! the ring and is told to read the snapshot again.

mod events;
mod fed;
mod frames;
mod line;
mod listener;
mod ring;
mod slots;
mod tend;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use hyper::header::HeaderValue;
use promptsync_api::error::{RATE_LIMITED, UNAVAILABLE};
use promptsync_core::audit::Revision;
use tokio::sync::watch;

use crate::{app::App, http::error::ApiError};

pub(crate) use fed::Fed;
use line::Line;
pub(crate) use line::LineId;
pub(crate) use listener::Listener;

/// How many streams there may be, and how often a silent one is told that the server is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamLimits {
    /// Streams at one moment.
    pub total: usize,
    /// Streams of one key or person at one moment.
    pub per_caller: usize,
    /// Between two heartbeats.
    pub heartbeat: Duration,
}

/// Every stream of this server.
#[derive(Debug)]
pub(crate) struct Streams {
    limits: StreamLimits,
    book: Arc<Mutex<Book>>,
    stopping: Arc<watch::Sender<bool>>,
    /// How many were ever opened.
    opened: AtomicU64,
}

#[derive(Debug, Default)]
struct Book {
    lines: HashMap<LineId, Entry>,
    callers: HashMap<String, usize>,
    total: usize,
}

#[derive(Debug)]
struct Entry {
    line: Arc<Line>,
    streams: usize,
}

/// A stream's seat: what it is counted by until it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    book: Arc<Mutex<Book>>,
    stopping: Arc<watch::Sender<bool>>,
    line: LineId,
    caller: String,
    authorization: HeaderValue,
    number: u64,
}

impl Streams {
    /// No streams yet.
    pub(crate) fn new(limits: StreamLimits) -> Self {
        Self {
            limits,
            book: Arc::default(),
            stopping: Arc::new(watch::Sender::new(false)),
            opened: AtomicU64::new(0),
        }
    }

    /// Tells every stream to come back somewhere else, each at another moment, and ends it.
    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
        let lines: Vec<_> = self.book().lines.values().map(|entry| Arc::clone(&entry.line)).collect();
        for line in &lines {
            line.wake_all();
        }
    }

    /// Counts one more stream of a caller.
    fn sit(
        &self,
        id: &LineId,
        caller: &str,
        authorization: HeaderValue,
    ) -> Result<(Seat, Arc<Line>), ApiError> {
        if *self.stopping.borrow() {
            return Err(ApiError::new(UNAVAILABLE, "this server is stopping").retry_after(1));
        }
        let mut book = self.book();
        if book.total >= self.limits.total {
            return Err(
                ApiError::new(UNAVAILABLE, "this server has as many streams as it may").retry_after(5)
            );
        }
        let own = book.callers.get(caller).copied().unwrap_or_default();
        if own >= self.limits.per_caller {
            let detail = format!("a key has at most {} streams at one moment", self.limits.per_caller);
            return Err(ApiError::new(RATE_LIMITED, detail).retry_after(5));
        }
        book.total += 1;
        book.callers.insert(caller.to_owned(), own + 1);
        let entry = book
            .lines
            .entry(id.clone())
            .or_insert_with(|| Entry { line: Arc::new(Line::new(id.clone())), streams: 0 });
        entry.streams += 1;
        let line = Arc::clone(&entry.line);
        drop(book);
        let seat = Seat {
            book: Arc::clone(&self.book),
            stopping: Arc::clone(&self.stopping),
            line: id.clone(),
            caller: caller.to_owned(),
            authorization,
            number: self.opened.fetch_add(1, Ordering::Relaxed),
        };
        Ok((seat, line))
    }

    /// Drops a line nobody listens to; says whether it did.
    fn drop_idle(&self, id: &LineId) -> bool {
        let mut book = self.book();
        let is_idle = book.lines.get(id).is_none_or(|entry| entry.streams == 0);
        if is_idle {
            book.lines.remove(id);
        }
        is_idle
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// When this stream's client should connect again: a millisecond for each stream there is, spread evenly.
    fn reconnect_after(&self) -> u64 {
        /// 2^64 divided by the golden ratio: multiples of it fall evenly, however many there are.
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let total = self.book.lock().unwrap_or_else(PoisonError::into_inner).total as u64;
        let spread = total.clamp(1_000, 30_000);
        let part = (u128::from(self.number.wrapping_mul(STEP)) * u128::from(spread)) >> 64;
        100 + u64::try_from(part).unwrap_or_default()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        book.total = book.total.saturating_sub(1);
        if let Some(entry) = book.lines.get_mut(&self.line) {
            entry.streams = entry.streams.saturating_sub(1);
        }
        if let Some(count) = book.callers.get_mut(&self.caller) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                book.callers.remove(&self.caller);
            }
        }
    }
}

impl App {
    /// Opens a stream of an alias, of what comes after a revision that the client has; from now on without one.
    pub(crate) async fn listen(
        self: &Arc<Self>,
        id: LineId,
        caller: &str,
        authorization: HeaderValue,
        after: Option<Revision>,
    ) -> Result<Listener, ApiError> {
        let (seat, line) = self.streams.sit(&id, caller, authorization)?;
        let mut read = match events::catch_up(self, &line, -1).await {
            Ok(read) => read,
            Err(error) => {
                drop(seat);
                self.streams.drop_idle(&id);
                return Err(error);
            }
        };
        if line.wants_tending() {
            tokio::spawn(tend::tend(Arc::clone(self), Arc::clone(&line)));
        }
        let newest = line.newest();
        let Some(after) = after else { return Ok(Listener::new(line, seat, newest, false)) };
        // Whoever is ahead of what was read has seen it elsewhere, or knows a database that is not this one any more.
        if after > read {
            read = events::catch_up(self, &line, after).await?;
        }
        let is_from_elsewhere = after > read;
        let position = if is_from_elsewhere { line.newest() } else { after };
        Ok(Listener::new(line, seat, position, is_from_elsewhere))
    }
}

#[cfg(test)]
mod tests;
