//! Lines that are fed by another server's stream instead of from the database: those of an edge.

use std::{sync::Arc, time::Duration};

use hyper::header::HeaderValue;
use promptsync_api::delivery::ChangeEvent;
use promptsync_core::audit::Revision;

use super::{
    Entry, Listener, Streams, frames,
    line::{Line, LineId},
};
use crate::http::error::ApiError;

/// A line that somebody feeds. It stays, whether anybody listens or not.
#[derive(Clone, Debug)]
pub(crate) struct Fed(Arc<Line>);

impl Fed {
    /// The whole of an alias was read at this revision. Whoever is behind has to read it too.
    pub(crate) fn snapshot(&self, revision: Revision) {
        if revision > self.0.newest() {
            self.0.begin(revision);
            self.0.wake_all();
        }
    }

    /// A change arrived. It is passed on as the workspace signed it.
    pub(crate) fn change(&self, event: &ChangeEvent) {
        let revision = event.delta.statement.revision;
        if revision <= self.0.newest() {
            return;
        }
        match frames::change(revision, event) {
            Ok(frame) => self.0.publish(revision, frame),
            Err(_) => self.snapshot(revision),
        }
    }

    /// Lets those whose turn it is hear that the edge is there.
    pub(crate) fn beat(&self, turn: u64, turns: u64) {
        self.0.beat(turn, turns);
    }

    /// What those who listen showed, each once.
    pub(crate) fn authorizations(&self) -> Vec<HeaderValue> {
        self.0.parties().iter().map(|party| party.authorization.clone()).collect()
    }

    /// Ends the streams of whoever showed this.
    pub(crate) fn end(&self, authorization: &HeaderValue) {
        for party in self.0.parties().iter().filter(|party| party.authorization == *authorization) {
            self.0.end(party);
        }
    }
}

impl Streams {
    /// The line of an alias that somebody feeds from now on.
    pub(crate) fn fed(&self, id: &LineId) -> Fed {
        let mut book = self.book();
        let entry = book.lines.entry(id.clone());
        // It counts as a listener, so that the line is never idle.
        let entry = entry.or_insert_with(|| Entry { line: Arc::new(Line::new(id.clone())), streams: 1 });
        Fed(Arc::clone(&entry.line))
    }

    /// Opens a stream of such a line, of what comes after a revision that the client has.
    pub(crate) fn listen(
        &self,
        id: &LineId,
        caller: &str,
        authorization: HeaderValue,
        after: Option<Revision>,
    ) -> Result<Listener, ApiError> {
        let (seat, line) = self.sit(id, caller, authorization)?;
        let newest = line.newest();
        let after = after.unwrap_or(newest);
        // Whoever is ahead has seen it elsewhere.
        Ok(Listener::new(line, seat, after.min(newest), after > newest))
    }

    /// Between two heartbeats.
    pub(crate) fn heartbeat(&self) -> Duration {
        self.limits.heartbeat
    }
}
