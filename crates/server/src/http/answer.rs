//! The body of an answer: all of it at once, or a stream that goes on until somebody ends it.

use std::{
    convert::Infallible,
    fmt, mem,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use hyper::{
    Response,
    body::{Body, Frame, SizeHint},
    header::CONTENT_LENGTH,
};

/// A body that goes on.
pub(crate) type Endless = Pin<Box<dyn Body<Data = Bytes, Error = Infallible> + Send>>;

/// The same answer without its body, of which it says the length: what HEAD gets.
pub(crate) fn head_only(mut response: Response<AnswerBody>) -> Response<AnswerBody> {
    if let Some(length) = response.body().whole().map(Bytes::len) {
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    response.map(|_| Bytes::new().into())
}

/// The body of an answer.
pub struct AnswerBody(Kind);

enum Kind {
    Whole(Bytes),
    Stream(Endless),
}

impl AnswerBody {
    /// A body that goes on.
    pub(crate) fn stream(body: Endless) -> Self {
        Self(Kind::Stream(body))
    }

    /// Whether it goes on.
    pub fn is_stream(&self) -> bool {
        matches!(self.0, Kind::Stream(_))
    }

    /// All of it; nothing when it goes on.
    pub fn whole(&self) -> Option<&Bytes> {
        match &self.0 {
            Kind::Whole(bytes) => Some(bytes),
            Kind::Stream(_) => None,
        }
    }
}

impl From<Bytes> for AnswerBody {
    fn from(bytes: Bytes) -> Self {
        Self(Kind::Whole(bytes))
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut self.0 {
            Kind::Whole(bytes) => {
                let bytes = mem::take(bytes);
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
            Kind::Stream(body) => body.as_mut().poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.whole().is_some_and(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        self.whole().map_or_else(SizeHint::default, |bytes| SizeHint::with_exact(bytes.len() as u64))
    }
}

impl fmt::Debug for AnswerBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Whole(bytes) => write!(f, "{} bytes", bytes.len()),
            Kind::Stream(_) => f.write_str("a stream"),
        }
    }
}
