//! A body that must keep arriving.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

use super::ListenLimits;
use crate::http::body::BodyError;

/// A body with a limit for the pause between two pieces and one for the whole.
pub(super) struct TimedBody {
    inner: Incoming,
    pause: Duration,
    idle: Pin<Box<Sleep>>,
    total: Pin<Box<Sleep>>,
}

impl TimedBody {
    pub(super) fn new(inner: Incoming, limits: &ListenLimits) -> Self {
        Self {
            inner,
            pause: limits.body_idle,
            idle: Box::pin(sleep(limits.body_idle)),
            total: Box::pin(sleep(limits.body_total)),
        }
    }
}

impl Body for TimedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(context) {
            let next = Instant::now() + self.pause;
            self.idle.as_mut().reset(next);
            return Poll::Ready(frame.map(|frame| frame.map_err(|_| BodyError::Broken)));
        }
        if self.total.as_mut().poll(context).is_pending() {
            ready!(self.idle.as_mut().poll(context));
        }
        Poll::Ready(Some(Err(BodyError::Timeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
