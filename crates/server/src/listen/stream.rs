//! A connection that hands a request on only when its head is complete and unambiguous, and never waits for ever.

use std::{
    future::poll_fn,
    io,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use bytes::{Buf as _, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf},
    sync::{Notify, OwnedSemaphorePermit},
    time::{Instant, Sleep, sleep},
};

use super::{
    ListenLimits,
    head::{self, Framing},
    rest::{Rest, Resting},
};
use crate::http::error::ApiError;

/// What stands for a refused head: the handler answers it with the refusal, whatever it says.
const REFUSED: &[u8] = b"GET / HTTP/1.1\r\nhost: refused\r\nconnection: close\r\n\r\n";

/// How long a closing connection is read on, so that what the client still sends does not destroy the last answer.
const LINGER: Duration = Duration::from_millis(500);

/// Room that is made before a head is read.
const HEAD_ROOM: usize = 2 << 10;
/// Room that is made before a body is read.
const BODY_ROOM: usize = 16 << 10;

const LOCK: &str = "no code panics while it holds this lock";

/// What the stream and the handler of a connection tell each other.
pub(super) struct Shared {
    busy: AtomicBool,
    answered: AtomicU64,
    last: AtomicBool,
    refusal: Mutex<Option<ApiError>>,
    waiting: Mutex<Option<Waker>>,
    /// The connection's place among those at rest.
    pub(super) rest: Rest,
    close: Arc<Notify>,
    /// What the connection is counted by.
    place: Mutex<Option<OwnedSemaphorePermit>>,
}

/// While it lives, a request is being answered.
pub(super) struct Busy(Arc<Shared>);

impl Shared {
    pub(super) fn new(resting: &Arc<Resting>, place: OwnedSemaphorePermit) -> Self {
        let close = Arc::default();
        Self {
            busy: AtomicBool::new(false),
            answered: AtomicU64::new(0),
            last: AtomicBool::new(false),
            refusal: Mutex::new(None),
            waiting: Mutex::new(None),
            rest: resting.enter(&close),
            close,
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
    /// Heads handed on.
    handed: u64,
    /// Answers seen.
    answered: u64,
    /// When the present phase has to be over.
    until: Instant,
    /// Rings then, or before: it is set only when it would ring too late.
    alarm: Pin<Box<Sleep>>,
    lingering: bool,
    /// Whether the client takes nothing more at the moment.
    is_stalled: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Guarded<S> {
    pub(super) fn new(socket: S, limits: Arc<ListenLimits>, shared: Arc<Shared>) -> Self {
        let alarm = Box::pin(sleep(limits.first_byte));
        Self {
            socket,
            limits,
            shared,
            buffer: BytesMut::new(),
            phase: Phase::Head,
            handed: 0,
            answered: 0,
            until: alarm.deadline(),
            alarm,
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
            if self.buffer.is_empty() && !self.shared.rest.is_at_rest() {
                self.shared.rest.begin();
            }
        }
        self.check_deadline(context)
    }

    fn check_deadline(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        while self.alarm.as_mut().poll(context).is_ready() {
            if self.until <= Instant::now() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.alarm.as_mut().reset(self.until);
        }
        Ok(())
    }

    /// The same while bytes wait to be taken. Of a busy connection, a stream, the client has to take something in time.
    fn check_writing(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if !self.shared.busy.load(Ordering::Acquire) {
            return self.check_time(context);
        }
        if !std::mem::replace(&mut self.is_stalled, true) {
            self.expect_within(self.limits.keep_alive);
        }
        self.check_deadline(context)
    }

    /// Waits for the next head, and gives its length. Nothing when the client has gone, and 0 when it can only be refused.
    pub(super) async fn next_head(&mut self) -> io::Result<Option<usize>> {
        poll_fn(|context| self.poll_head(context)).await
    }

    fn poll_head(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Option<usize>>> {
        let mut is_late = false;
        loop {
            if !self.buffer.is_empty() {
                match head::end(&self.buffer) {
                    Ok(None) => {}
                    Ok(end) => return Poll::Ready(Ok(end)),
                    Err(_) => return Poll::Ready(Ok(Some(0))),
                }
            }
            let was_silent = self.buffer.is_empty();
            if is_late {
                self.expect_within(self.limits.header);
            }
            if ready!(self.fill(context))? == 0 {
                return Poll::Ready(Ok(None));
            }
            // Most heads come at once, and need no limit of their own.
            is_late = was_silent;
            if was_silent {
                self.shared.rest.wake();
            }
        }
    }

    /// What came from the client and was not taken yet.
    pub(super) fn waiting(&self) -> &[u8] {
        &self.buffer
    }

    /// Takes a head that is about to be answered.
    pub(super) fn take(&mut self, length: usize) {
        self.buffer.advance(length);
        self.expect_within(self.limits.keep_alive);
    }

    /// Takes the last head.
    pub(super) fn take_all(&mut self) {
        self.buffer = BytesMut::new();
    }

    /// Says that everything that was taken is answered.
    pub(super) fn is_answered(&mut self) {
        if self.buffer.is_empty() {
            self.expect_within(self.limits.keep_alive);
            self.shared.rest.begin();
        } else {
            self.expect_within(self.limits.header);
        }
    }

    fn expect_within(&mut self, limit: Duration) {
        self.until = Instant::now() + limit;
        if self.until < self.alarm.deadline() {
            self.alarm.as_mut().reset(self.until);
        }
    }

    /// Reads more bytes into the buffer; 0 at the end of the connection.
    fn fill(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.buffer.reserve(if matches!(self.phase, Phase::Head) { HEAD_ROOM } else { BODY_ROOM });
        match pin!(self.socket.read_buf(&mut self.buffer)).poll(context) {
            Poll::Ready(read) => Poll::Ready(read),
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
            let mut room = head::room();
            end.map(|length| Ok((length, head::read(&self.buffer[..length], &mut room)?.framing))).transpose()
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
                        this.shared.rest.wake();
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
