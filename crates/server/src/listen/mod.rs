//! The accept loop: time limits on every phase of a connection, a cap on their number, and a graceful stop.
//!
//! A connection is silent until its first byte, then its request line and headers must arrive, then its body; after
//! the answer it may rest for a while. Each phase has a limit of its own. When the cap is reached, the connection
//! that has been at rest longest makes room.

mod head;
mod http2;
mod rest;
mod stream;
mod timed_body;
mod tls;

use std::{convert::Infallible, future::Future, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response,
    body::Incoming,
    header::{CONNECTION, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
};

use crate::{Service, http::headers};
use rest::Resting;
use stream::{Guarded, Shared};
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
    /// Connections at one moment.
    pub connections: usize,
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
        }
    }
}

/// What connections are told about the end of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Running,
    Finishing,
    Over,
}

/// Serves connections until `stop` is ready; then finishes what is under way, as long as the limits allow. With a
/// certificate every connection is TLS, else none is.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    service: Arc<Service>,
    limits: ListenLimits,
    stop: impl Future<Output = ()>,
) {
    let limits = Arc::new(limits);
    let most = u32::try_from(limits.connections).unwrap_or(u32::MAX).max(1);
    let places = Arc::new(Semaphore::new(most as usize));
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
            service: Arc::clone(&service),
            limits: Arc::clone(&limits),
            resting: Arc::clone(&resting),
            stage: stage.clone(),
        };
        let tls = tls.clone();
        tokio::spawn(async move {
            let _ = socket.set_nodelay(true);
            match tls {
                None => connection.converse(socket).await,
                Some(tls) => connection.encrypted(socket, &tls).await,
            }
            drop(place);
        });
    }
    drop(listener);
    let _ = tell.send(Stage::Finishing);
    let all_gone = places.acquire_many(most);
    if tokio::time::timeout(limits.stop, all_gone).await.is_err() {
        tracing::warn!("some requests did not finish in time");
        let _ = tell.send(Stage::Over);
    }
}

/// One connection and what it is told.
struct Connection {
    peer: SocketAddr,
    service: Arc<Service>,
    limits: Arc<ListenLimits>,
    resting: Arc<Resting>,
    stage: watch::Receiver<Stage>,
}

impl Connection {
    /// Agrees on keys with the client, as long as a first byte may take, and makes room like a silent connection.
    async fn encrypted(mut self, socket: TcpStream, tls: &Tls) {
        let close = Arc::default();
        let number = self.resting.enter(&close);
        let agreed = tokio::select! {
            agreed = tokio::time::timeout(self.limits.first_byte, tls.acceptor().accept(socket)) => agreed.ok(),
            () = close.notified() => None,
            _ = self.stage.wait_for(|stage| *stage != Stage::Running) => None,
        };
        self.resting.leave(number);
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
        let shared = Arc::new(Shared::new(self.resting));
        let close = Arc::clone(shared.close());
        let stream = Guarded::new(socket, Arc::clone(&self.limits), Arc::clone(&shared));
        let (service, limits, peer) = (self.service, self.limits, self.peer);
        let handler = service_fn(move |request| {
            let (service, shared, limits) = (Arc::clone(&service), Arc::clone(&shared), Arc::clone(&limits));
            async move { Ok::<_, Infallible>(answer(request, peer, &service, &shared, &limits).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(None)
            .max_buf_size(head::MAX_BYTES * 2)
            .serve_connection(TokioIo::new(stream), handler);
        let mut connection = std::pin::pin!(connection);
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
    service: &Service,
    shared: &Shared,
    limits: &ListenLimits,
) -> Response<Full<Bytes>> {
    let _busy = shared.busy();
    let (mut response, close) = if let Some(refusal) = shared.take_refusal() {
        let request_id = service.app().ids.next();
        let mut response = refusal.into_response(&request_id);
        headers::complete(response.headers_mut(), &request_id, &service.app().config);
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
    response.map(Full::new)
}
