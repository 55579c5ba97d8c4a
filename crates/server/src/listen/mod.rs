//! The accept loop: time limits on every phase of a connection, a cap on their number, and a graceful stop.
//!
//! A connection is silent until its first byte, then its request line and headers must arrive, then its body; after
//! the answer it may rest for a while. Each phase has a limit of its own. When the cap is reached, the connection
//! that has been at rest longest makes room.

mod head;
mod rest;
mod stream;
mod timed_body;

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
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
};

use crate::{Service, http::headers};
use rest::Resting;
use stream::{Guarded, Shared};
use timed_body::TimedBody;

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

/// Serves connections until `stop` is ready; then finishes what is under way, as long as the limits allow.
pub async fn serve(
    listener: TcpListener,
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
        let connection = connection(
            socket,
            peer,
            Arc::clone(&service),
            Arc::clone(&limits),
            Arc::clone(&resting),
            stage.clone(),
        );
        tokio::spawn(async move {
            connection.await;
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

async fn connection(
    socket: TcpStream,
    peer: SocketAddr,
    service: Arc<Service>,
    limits: Arc<ListenLimits>,
    resting: Arc<Resting>,
    mut stage: watch::Receiver<Stage>,
) {
    let _ = socket.set_nodelay(true);
    let shared = Arc::new(Shared::new(resting));
    let close = Arc::clone(shared.close());
    let stream = Guarded::new(socket, Arc::clone(&limits), Arc::clone(&shared));
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
            changed = stage.changed() => match (changed, *stage.borrow_and_update()) {
                (Ok(()), Stage::Running) => {}
                (Ok(()), Stage::Finishing) => connection.as_mut().graceful_shutdown(),
                (Ok(()), Stage::Over) | (Err(_), _) => return,
            },
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
        headers::complete(response.headers_mut(), &request_id);
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
