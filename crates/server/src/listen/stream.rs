//! A connection that hands a request on only when its head is complete and unambiguous, and never waits for ever.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use bytes::{Buf as _, BytesMut};
use hyper::http::request::Parts;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::{Notify, OwnedSemaphorePermit},
    time::{Instant, Sleep, sleep},
};

use super::{
    ListenLimits, direct,
    head::{self, Framing},
    rest::Resting,
};
use crate::http::error::ApiError;

/// What stands for a refused head: the handler answers it with the refusal, whatever it says.
const REFUSED: &[u8] = b"GET / HTTP/1.1\r\nhost: refused\r\nconnection: close\r\n\r\n";

/// How long a closing connection is read on, so that what the client still sends does not destroy the last answer.
const LINGER: Duration = Duration::from_millis(500);

const LOCK: &str = "no code panics while it holds this lock";

/// What the stream and the handler of a connection tell each other.
pub(super) struct Shared {
    busy: AtomicBool,
    answered: AtomicU64,
    last: AtomicBool,
    refusal: Mutex<Option<ApiError>>,
    waiting: Mutex<Option<Waker>>,
    resting: Arc<Resting>,
    close: Arc<Notify>,
    /// What the connection is counted by.
    place: Mutex<Option<OwnedSemaphorePermit>>,
}

/// While it lives, a request is being answered.
pub(super) struct Busy(Arc<Shared>);

impl Shared {
    pub(super) fn new(resting: Arc<Resting>, place: OwnedSemaphorePermit) -> Self {
        Self {
            busy: AtomicBool::new(false),
            answered: AtomicU64::new(0),
            last: AtomicBool::new(false),
            refusal: Mutex::new(None),
            waiting: Mutex::new(None),
            resting,
            close: Arc::default(),
            place: Mutex::new(Some(place)),
        }
    }

    /// Tells the connection to make room.
    pub(super) fn close(&self) -> &Arc<Notify> {
        &self.close
    }

    /// Marks the connection as busy: its own limits rest until the answer is there.
    pub(super) fn busy(self: &Arc<Self>) -> Busy {
        self.busy.store(true, Ordering::Release);
        Busy(Arc::clone(self))
    }

    /// Counts the connection somewhere else.
    pub(super) fn take_place(&self, place: OwnedSemaphorePermit) {
        *self.place.lock().expect(LOCK) = Some(place);
    }

    /// The refusal of a head, if that is what the handler was called for.
    pub(super) fn take_refusal(&self) -> Option<ApiError> {
        self.refusal.lock().expect(LOCK).take()
    }

    /// Whether the connection ends with this request, because only the request itself tells where its body ends.
    pub(super) fn is_last(&self) -> bool {
        self.last.load(Ordering::Relaxed)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.answered.fetch_add(1, Ordering::Release);
        self.0.busy.store(false, Ordering::Release);
        if let Some(waiting) = self.0.waiting.lock().expect(LOCK).take() {
            waiting.wake();
        }
    }
}

enum Phase {
    /// Between requests, or within a head.
    Head,
    /// So many bytes may be handed on; then the framing rules.
    Cleared(usize, Framing),
    /// So many bytes of a body are left.
    Body(u64),
    /// Everything is handed on.
    Open,
    /// The synthetic request is handed on, then nothing more.
    Refused(&'static [u8]),
}

/// A guarded connection, of plain TCP or inside of TLS.
pub(super) struct Guarded<S> {
    socket: S,
    limits: Arc<ListenLimits>,
    shared: Arc<Shared>,
    buffer: BytesMut,
    phase: Phase,
    resting: Option<u64>,
    /// Heads handed on.
    handed: u64,
    /// Answers seen.
    answered: u64,
    deadline: Pin<Box<Sleep>>,
    lingering: bool,
    /// Whether the client takes nothing more at the moment.
    is_stalled: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Guarded<S> {
    pub(super) fn new(socket: S, limits: Arc<ListenLimits>, shared: Arc<Shared>) -> Self {
        let resting = Some(shared.resting.enter(&shared.close));
        let deadline = Box::pin(sleep(limits.first_byte));
        Self {
            socket,
            limits,
            shared,
            buffer: BytesMut::new(),
            phase: Phase::Head,
            resting,
            handed: 0,
            answered: 0,
            deadline,
            lingering: false,
            is_stalled: false,
        }
    }

    /// An error when the present phase has lasted too long. A busy connection has no limit here: its body has one.
    fn check_time(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if self.shared.busy.load(Ordering::Acquire) {
            return Ok(());
        }
        let answered = self.shared.answered.load(Ordering::Acquire);
        if answered != self.answered {
            self.answered = answered;
            let limit = if self.buffer.is_empty() { self.limits.keep_alive } else { self.limits.header };
            self.expect_within(limit);
            if self.buffer.is_empty() && self.resting.is_none() {
                self.resting = Some(self.shared.resting.enter(&self.shared.close));
            }
        }
        match self.deadline.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
            Poll::Pending => Ok(()),
        }
    }

    /// The same while bytes wait to be taken. Of a busy connection, a stream, the client has to take something in time.
    fn check_writing(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if !self.shared.busy.load(Ordering::Acquire) {
            return self.check_time(context);
        }
        if !std::mem::replace(&mut self.is_stalled, true) {
            self.expect_within(self.limits.keep_alive);
        }
        match self.deadline.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
            Poll::Pending => Ok(()),
        }
    }

    /// Waits for the first head, and takes it when it asks for a stream; else all of it is still to be read.
    pub(super) async fn first_request(&mut self) -> io::Result<Option<Parts>> {
        poll_fn(|context| self.poll_first(context)).await
    }

    fn poll_first(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Option<Parts>>> {
        while matches!(self.phase, Phase::Head) {
            if !self.buffer.is_empty() && self.look_for_head() {
                break;
            }
            let was_silent = self.buffer.is_empty();
            if ready!(self.fill(context))? == 0 {
                return Poll::Ready(Ok(None));
            }
            if was_silent {
                self.wake_up();
                self.expect_within(self.limits.header);
            }
        }
        let Phase::Cleared(length, Framing::Length(0)) = self.phase else { return Poll::Ready(Ok(None)) };
        let found = if self.buffer.len() == length { direct::asks_for_stream(&self.buffer) } else { None };
        if found.is_some() {
            self.buffer = BytesMut::new();
            self.phase = Phase::Head;
        }
        Poll::Ready(Ok(found))
    }

    fn expect_within(&mut self, limit: Duration) {
        self.deadline.as_mut().reset(Instant::now() + limit);
    }

    fn wake_up(&mut self) {
        if let Some(number) = self.resting.take() {
            self.shared.resting.leave(number);
        }
    }

    /// Reads more bytes into the buffer; 0 at the end of the connection.
    fn fill(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut chunk = [0; 16 << 10];
        let mut read = ReadBuf::new(&mut chunk);
        match Pin::new(&mut self.socket).poll_read(context, &mut read)? {
            Poll::Ready(()) => {
                self.buffer.extend_from_slice(read.filled());
                Poll::Ready(Ok(read.filled().len()))
            }
            Poll::Pending => {
                self.check_time(context)?;
                Poll::Pending
            }
        }
    }

    /// Hands bytes of the buffer on, at most `most`.
    fn hand_on(&mut self, to: &mut ReadBuf<'_>, most: usize) -> usize {
        let count = most.min(self.buffer.len()).min(to.remaining());
        to.put_slice(&self.buffer[..count]);
        self.buffer.advance(count);
        count
    }

    /// Looks whether the buffer begins with a whole head, and judges it.
    fn look_for_head(&mut self) -> bool {
        let judged = head::end(&self.buffer).and_then(|end| {
            end.map(|length| Ok((length, head::framing(&self.buffer[..length])?))).transpose()
        });
        match judged {
            Ok(None) => return false,
            Ok(Some((length, framing))) => {
                self.handed += 1;
                self.shared.last.store(framing == Framing::Chunked, Ordering::Relaxed);
                self.phase = Phase::Cleared(length, framing);
            }
            Err(refusal) => {
                *self.shared.refusal.lock().expect(LOCK) = Some(refusal);
                self.handed += 1;
                self.phase = Phase::Refused(REFUSED);
            }
        }
        true
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            match &mut this.phase {
                Phase::Head => {
                    // A second request waits until the first is answered: a refusal must meet its own request.
                    let open = this.handed > this.shared.answered.load(Ordering::Acquire);
                    if open && !this.buffer.is_empty() {
                        *this.shared.waiting.lock().expect(LOCK) = Some(context.waker().clone());
                        return Poll::Pending;
                    }
                    if !this.buffer.is_empty() && this.look_for_head() {
                        continue;
                    }
                    let was_silent = this.buffer.is_empty();
                    if ready!(this.fill(context))? == 0 {
                        return Poll::Ready(Ok(()));
                    }
                    if was_silent {
                        this.wake_up();
                        this.answered = this.shared.answered.load(Ordering::Acquire);
                        this.expect_within(this.limits.header);
                    }
                }
                Phase::Cleared(left, framing) => {
                    let (left, framing) = (*left, *framing);
                    let left = left - this.hand_on(to, left);
                    this.phase = match framing {
                        _ if left > 0 => Phase::Cleared(left, framing),
                        Framing::Length(0) => Phase::Head,
                        Framing::Length(length) => Phase::Body(length),
                        Framing::Chunked => Phase::Open,
                    };
                    return Poll::Ready(Ok(()));
                }
                Phase::Body(left) => {
                    let left = *left;
                    if this.buffer.is_empty() && ready!(this.fill(context))? == 0 {
                        return Poll::Ready(Ok(()));
                    }
                    let handed = this.hand_on(to, usize::try_from(left).unwrap_or(usize::MAX)) as u64;
                    this.phase = if left == handed { Phase::Head } else { Phase::Body(left - handed) };
                    return Poll::Ready(Ok(()));
                }
                Phase::Open => {
                    if this.buffer.is_empty() && ready!(this.fill(context))? == 0 {
                        return Poll::Ready(Ok(()));
                    }
                    this.hand_on(to, usize::MAX);
                    return Poll::Ready(Ok(()));
                }
                Phase::Refused(rest) => {
                    if !rest.is_empty() {
                        let (now, later) = rest.split_at(rest.len().min(to.remaining()));
                        to.put_slice(now);
                        *rest = later;
                        return Poll::Ready(Ok(()));
                    }
                    this.buffer.clear();
                    if ready!(this.fill(context))? == 0 {
                        return Poll::Ready(Ok(()));
                    }
                }
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.socket).poll_write(context, bytes) {
            Poll::Ready(written) => {
                self.is_stalled = false;
                let limit = self.limits.keep_alive;
                self.expect_within(limit);
                Poll::Ready(written)
            }
            Poll::Pending => {
                self.check_writing(context)?;
                Poll::Pending
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.socket).poll_flush(context) {
            Poll::Pending => {
                // TLS takes bytes in write and may still hold them here.
                self.check_writing(context)?;
                Poll::Pending
            }
            ready @ Poll::Ready(_) => ready,
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.lingering {
            ready!(Pin::new(&mut this.socket).poll_shutdown(context))?;
            this.lingering = true;
            this.expect_within(LINGER);
            this.answered = this.shared.answered.load(Ordering::Acquire);
        }
        loop {
            this.buffer.clear();
            match this.fill(context) {
                Poll::Ready(Ok(count)) if count > 0 => {}
                Poll::Pending => return Poll::Pending,
                Poll::Ready(_) => return Poll::Ready(Ok(())),
            }
        }
    }
}

impl<S> Drop for Guarded<S> {
    fn drop(&mut self) {
        if let Some(number) = self.resting.take() {
            self.shared.resting.leave(number);
        }
    }
}
