//! One stream: the body of its answer.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use hyper::body::{Body, Frame};
use promptsync_core::audit::Revision;

use super::{
    Seat, frames,
    line::{Line, Party},
};

/// A stream of an alias's events, from a revision on.
pub(crate) struct Listener {
    line: Arc<Line>,
    party: Arc<Party>,
    seat: Seat,
    place: usize,
    position: Revision,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing was sent yet; whether the snapshot has to be read first.
    Opening { resync: bool },
    /// Events are sent as they come.
    Listening,
    /// Nothing more is sent.
    Over,
}

impl Listener {
    /// A stream of what comes after `position`. With `resync` it begins with the news that something is lost.
    pub(super) fn new(line: Arc<Line>, seat: Seat, position: Revision, resync: bool) -> Self {
        let (place, party) = line.join(&seat.authorization);
        Self { line, party, seat, place, position, phase: Phase::Opening { resync } }
    }

    fn next(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        match self.phase {
            Phase::Over => return Poll::Ready(None),
            Phase::Opening { resync: true } => {
                self.phase = Phase::Listening;
                return Poll::Ready(Some(frames::resync(self.position)));
            }
            Phase::Opening { resync: false } => {
                self.phase = Phase::Listening;
                return Poll::Ready(Some(frames::OPENING));
            }
            Phase::Listening => {}
        }
        // What is there is sent before the stream ends, and who waits is woken by whatever ends it.
        let next = self.line.next(self.place, &mut self.position, context.waker());
        if self.party.is_over() {
            self.phase = Phase::Over;
            return Poll::Ready(None);
        }
        if next.is_pending() && self.seat.is_stopping() {
            self.phase = Phase::Over;
            return Poll::Ready(Some(frames::reconnect(self.seat.reconnect_after())));
        }
        Poll::Ready(Some(ready!(next)))
    }
}

impl Body for Listener {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.next(context).map(|next| next.map(|bytes| Ok(Frame::data(bytes))))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.line.leave(self.place, &self.party);
    }
}
