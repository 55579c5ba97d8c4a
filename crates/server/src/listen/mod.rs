//! The accept loop: time limits on every phase of a connection, a cap on their number, and a graceful stop.
//!
//! A connection is silent until its first byte, then its request line and headers must arrive, then its body; after
//! the answer it may rest for a while. Each phase has a limit of its own. When the cap is reached, the connection
//! that has been at rest longest makes room.

mod direct;
mod head;
mod http2;
mod outgoing;
mod quick;
mod rest;
mod stream;
mod timed_body;
mod tls;

use std::{
    convert::Infallible,
    future::Future,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::{
    Request, Response,
    body::Incoming,
    header::{CONNECTION, HeaderValue},
    http::request::Parts,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch},
};

use promptsync_core::time::Timestamp;

use crate::{
    config::Config,
    delivery::Memory,
    http::{answer::AnswerBody, body::RequestBody, headers},
};
use direct::Direct;
use outgoing::Outgoing;
use quick::Next;
use rest::Resting;
use stream::{Busy, Guarded, Shared};
use timed_body::TimedBody;
pub(crate) use tls::watch;
pub use tls::{Tls, TlsError, TlsFiles};

/// How long each phase of a connection may take, and how many connections there may be.
#[derive(Clone, Debug)]
pub struct ListenLimits {
    /// From accepting a connection to its first byte.
    pub first_byte: Duration,
    /// From the first byte of a request to the end of its headers.
    pub header: Duration,
    /// Between two pieces of a body.
    pub body_idle: Duration,
    /// For a whole body.
    pub body_total: Duration,
    /// Between an answer and the next request.
    pub keep_alive: Duration,
    /// For requests that are under way when the server stops.
    pub stop: Duration,
    /// Connections at one moment, those of streams not counted.
    pub connections: usize,
    /// Connections of streams at one moment.
    pub streams: usize,
}

impl Default for ListenLimits {
    fn default() -> Self {
        Self {
            first_byte: Duration::from_secs(10),
            header: Duration::from_secs(10),
            body_idle: Duration::from_secs(15),
            body_total: Duration::from_mins(2),
            keep_alive: Duration::from_mins(1),
            stop: Duration::from_secs(25),
            connections: 10_000,
            streams: 20_000,
        }
    }
}

/// What answers the requests: the server, or an edge.
pub trait Serves: Send + Sync + 'static {
    /// Answers a request, whatever goes wrong.
    fn answer(
        &self,
        parts: Parts,
        body: RequestBody,
        peer: Option<IpAddr>,
    ) -> impl Future<Output = Response<AnswerBody>> + Send;

    /// Writes the answer to a request for a prompt as it goes over HTTP/1.1, if everything it takes is at hand. A long
    /// body is given back, to be written behind. `memory` is the connection's.
    fn write_at_once(
        &self,
        _target: &str,
        _fields: &[httparse::Header<'_>],
        _peer: IpAddr,
        _is_last: bool,
        _memory: &mut Memory,
        _to: &mut BytesMut,
    ) -> Option<Bytes> {
        None
    }

    /// Its configuration.
    fn config(&self) -> &Config;

    /// A new id, for a request that could not be read.
    fn new_id(&self) -> String;

    /// The time.
    fn now(&self) -> Timestamp;

    /// Tells every stream to come back somewhere else.
    fn stop(&self);
}

/// What connections are told about the end of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Running,
    Finishing,
    Over,
}

/// Serves connections until `stop` is ready; then finishes what is under way, as long as the limits allow. With a
/// certificate every connection is TLS, else none is.
pub async fn serve<S: Serves>(
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    service: Arc<S>,
    limits: ListenLimits,
    stop: impl Future<Output = ()>,
) {
    let limits = Arc::new(limits);
    let most = u32::try_from(limits.connections).unwrap_or(u32::MAX).max(1);
    let places = Arc::new(Semaphore::new(most as usize));
    let streams = Arc::new(Semaphore::new(limits.streams));
    // Each connection holds a sender: when the last is dropped, none is left.
    let (alive, mut gone) = mpsc::channel::<Infallible>(1);
    let resting = Arc::new(Resting::default());
    let (tell, stage) = watch::channel(Stage::Running);
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let (socket, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                resting.close_oldest();
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
        };
        if places.available_permits() == 0 {
            resting.close_oldest();
        }
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place,
            () = &mut stop => break,
        };
        let Ok(place) = place else { break };
        let connection = Connection {
            peer,
            place,
            streams: Arc::clone(&streams),
            service: Arc::clone(&service),
            limits: Arc::clone(&limits),
            resting: Arc::clone(&resting),
            stage: stage.clone(),
        };
        let (tls, alive) = (tls.clone(), alive.clone());
        tokio::spawn(async move {
            let _ = socket.set_nodelay(true);
            match tls {
                None => connection.converse(socket).await,
                Some(tls) => Box::pin(connection.encrypted(socket, &tls)).await,
            }
            drop(alive);
        });
    }
    drop((listener, alive));
    service.stop();
    let _ = tell.send(Stage::Finishing);
    if tokio::time::timeout(limits.stop, gone.recv()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
        let _ = tell.send(Stage::Over);
    }
}

/// One connection and what it is told.
struct Connection<S> {
    peer: SocketAddr,
    place: OwnedSemaphorePermit,
    streams: Arc<Semaphore>,
    service: Arc<S>,
    limits: Arc<ListenLimits>,
    resting: Arc<Resting>,
    stage: watch::Receiver<Stage>,
}

impl<S: Serves> Connection<S> {
    /// Agrees on keys with the client, as long as a first byte may take, and makes room like a silent connection.
    async fn encrypted(mut self, socket: TcpStream, tls: &Tls) {
        let close = Arc::default();
        let rest = self.resting.enter(&close);
        let agreed = tokio::select! {
            agreed = tokio::time::timeout(self.limits.first_byte, tls.acceptor().accept(socket)) => agreed.ok(),
            () = close.notified() => None,
            _ = self.stage.wait_for(|stage| *stage != Stage::Running) => None,
        };
        drop(rest);
        match agreed {
            Some(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => {
                self.multiplexed(stream).await;
            }
            Some(Ok(stream)) => self.converse(stream).await,
            Some(Err(error)) => tracing::debug!(%error, "a client and the server found no common TLS"),
            None => {}
        }
    }

    async fn converse(mut self, socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let shared = Arc::new(Shared::new(&self.resting, self.place));
        let close = Arc::clone(shared.close());
        let mut stream = Guarded::new(socket, Arc::clone(&self.limits), Arc::clone(&shared));
        let (service, limits, streams, peer) = (self.service, self.limits, self.streams, self.peer);
        let mut quick = Box::pin(quick::serve(&mut stream, &*service, self.stage.clone(), peer.ip()));
        let mut awaited = Stage::Finishing;
        let next = loop {
            tokio::select! {
                biased;
                next = &mut quick => break next,
                () = close.notified() => return,
                _ = self.stage.wait_for(|stage| *stage >= awaited) => {
                    // What is under way is answered, as long as there is time.
                    if awaited == Stage::Over || shared.rest.is_at_rest() {
                        return;
                    }
                    awaited = Stage::Over;
                }
            }
        };
        drop(quick);
        match next {
            Ok(Next::Other) => {}
            Ok(Next::Stream(request)) => {
                let direct = Direct { service, shared, streams, stage: self.stage, peer: peer.ip() };
                return direct.answer(*request, stream).await;
            }
            Ok(Next::End) | Err(_) => return,
        }
        let handler = service_fn(move |request| {
            let (service, shared) = (Arc::clone(&service), Arc::clone(&shared));
            let (limits, streams) = (Arc::clone(&limits), Arc::clone(&streams));
            async move { Ok::<_, Infallible>(answer(request, peer, &*service, &shared, &limits, &streams).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(None)
            .max_buf_size(head::MAX_BYTES * 2)
            .serve_connection(TokioIo::new(stream), handler);
        // In a box, so that connections of streams, which do not come here, need no room for it.
        let mut connection = Box::pin(connection);
        loop {
            tokio::select! {
                _ = &mut connection => return,
                () = close.notified() => return,
                changed = self.stage.changed() => match (changed, *self.stage.borrow_and_update()) {
                    (Ok(()), Stage::Running) => {}
                    (Ok(()), Stage::Finishing) => connection.as_mut().graceful_shutdown(),
                    (Ok(()), Stage::Over) | (Err(_), _) => return,
                },
            }
        }
    }
}

async fn answer(
    request: Request<Incoming>,
    peer: SocketAddr,
    service: &impl Serves,
    shared: &Arc<Shared>,
    limits: &ListenLimits,
    streams: &Arc<Semaphore>,
) -> Response<Outgoing<Busy>> {
    let busy = shared.busy();
    let (mut response, close) = if let Some(refusal) = shared.take_refusal() {
        let request_id = service.new_id();
        let mut response = refusal.into_response(&request_id);
        headers::complete(response.headers_mut(), &request_id, service.config());
        (response, true)
    } else {
        let (parts, body) = request.into_parts();
        let body = TimedBody::new(body, limits).boxed_unsync();
        let response = service.answer(parts, body, Some(peer.ip())).await;
        let timed_out = response.status() == hyper::StatusCode::REQUEST_TIMEOUT;
        (response, timed_out || shared.is_last())
    };
    if close {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    if !response.body().is_stream() {
        return response.map(Outgoing::whole);
    }
    // A stream is the last answer of its connection, which is counted with the streams from now on.
    if let Ok(place) = Arc::clone(streams).try_acquire_owned() {
        shared.take_place(place);
    }
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response.map(|body| Outgoing::stream(body, busy))
}
