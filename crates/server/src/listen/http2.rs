//! HTTP/2, for clients that agree on it inside of TLS: many requests at once on one connection.
//!
//! The frames are judged by the protocol's library; the limits on time, size and number are ours, as with HTTP/1.1.

use std::{convert::Infallible, sync::Arc};

use http_body_util::BodyExt as _;
use hyper::{Request, body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
    time::Instant,
};

use super::{Connection, Serves, Stage, TimedBody, head, outgoing::Outgoing};

/// Requests on one connection at one moment.
const AT_ONCE: u32 = 128;

/// Bytes of an answer that wait for the client to take them.
const SEND_BUFFER: usize = 64 << 10;

/// Bytes a client may send ahead, of one request and of all.
const WINDOW: u32 = 256 << 10;

/// How many requests are under way; when it reaches 0 the connection rests.
struct UnderWay(Arc<watch::Sender<usize>>);

impl UnderWay {
    fn begin(count: &Arc<watch::Sender<usize>>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(Arc::clone(count))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl<S: Serves> Connection<S> {
    /// Serves a connection until it has been at rest for too long, makes room, or the server stops.
    pub(super) async fn multiplexed(mut self, socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let count = Arc::new(watch::Sender::new(0_usize));
        let mut under_way = count.subscribe();
        let (service, limits, peer) = (self.service, Arc::clone(&self.limits), self.peer);
        let handler = service_fn(move |request: Request<Incoming>| {
            let (service, limits, guard) =
                (Arc::clone(&service), Arc::clone(&limits), UnderWay::begin(&count));
            async move {
                let (parts, body) = request.into_parts();
                let body = TimedBody::new(body, &limits).boxed_unsync();
                let response = service.answer(parts, body, Some(peer.ip())).await;
                Ok::<_, Infallible>(response.map(|body| {
                    if body.is_stream() { Outgoing::stream(body, guard) } else { Outgoing::whole(body) }
                }))
            }
        });
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(AT_ONCE)
            .max_header_list_size(u32::try_from(head::MAX_BYTES).unwrap_or(u32::MAX))
            .max_send_buf_size(SEND_BUFFER)
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW)
            .keep_alive_interval(self.limits.keep_alive / 2)
            .keep_alive_timeout(self.limits.header)
            .serve_connection(TokioIo::new(socket), handler);
        let mut connection = std::pin::pin!(connection);
        let close = Arc::default();
        let resting = self.resting.enter(&close);
        let mut since = Instant::now();
        let mut rest = self.limits.first_byte + self.limits.header;
        loop {
            tokio::select! {
                _ = &mut connection => break,
                () = close.notified() => break,
                () = tokio::time::sleep_until(since + rest), if resting.is_at_rest() => break,
                _ = under_way.changed() => match *under_way.borrow_and_update() {
                    0 => {
                        resting.begin();
                        (since, rest) = (Instant::now(), self.limits.keep_alive);
                    }
                    _ => resting.wake(),
                },
                changed = self.stage.changed() => match (changed, *self.stage.borrow_and_update()) {
                    (Ok(()), Stage::Running) => {}
                    (Ok(()), Stage::Finishing) => connection.as_mut().graceful_shutdown(),
                    (Ok(()), Stage::Over) | (Err(_), _) => break,
                },
            }
        }
    }
}
