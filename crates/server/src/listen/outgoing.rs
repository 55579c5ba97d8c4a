//! A body on its way out. While a stream goes on, its connection counts as busy.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use crate::http::answer::AnswerBody;

/// The body of an answer, and what has to live as long.
pub(super) struct Outgoing<B> {
    body: AnswerBody,
    _busy: Option<B>,
}

impl<B> Outgoing<B> {
    /// A whole body: the answer is there.
    pub(super) fn whole(body: AnswerBody) -> Self {
        Self { body, _busy: None }
    }

    /// A stream: the answer is there when it ends.
    pub(super) fn stream(body: AnswerBody, busy: B) -> Self {
        Self { body, _busy: Some(busy) }
    }
}

impl<B: Unpin> Body for Outgoing<B> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
