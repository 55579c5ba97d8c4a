//! Streams by a way of their own: a connection whose first request asks for one is answered here.
//!
//! A stream lasts for days and says little. What takes requests apart holds some 30 KB for each connection all that time;
//! this way writes the head of the answer once, then the bytes that all streams share, straight to the socket. The answer
//! is the same, but that it ends with the connection instead of a last chunk.

use std::{net::IpAddr, sync::Arc};

use bytes::{BufMut as _, Bytes, BytesMut};
use http_body_util::{BodyExt as _, Empty};
use hyper::{
    Method, Request, Response,
    header::{CONNECTION, CONTENT_LENGTH, DATE, HeaderName, HeaderValue},
    http::request::Parts,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    sync::{Semaphore, watch},
};

use super::{
    Stage,
    stream::{Guarded, Shared},
};
use crate::{Service, http::answer::AnswerBody};

const BEGIN: &[u8] = b"GET /api/projects/";
const END: &str = "/stream";
const VERSION: &str = " HTTP/1.1";

/// The request in a head, when it asks for a stream and is in no way unusual.
pub(super) fn asks_for_stream(head: &[u8]) -> Option<Parts> {
    let line = head.strip_prefix(BEGIN)?;
    let line = line.split(|byte| *byte == b'\r').next()?;
    let target = std::str::from_utf8(line).ok()?.strip_suffix(VERSION)?;
    let (path, _) = target.split_once('?').unwrap_or((target, ""));
    let project = path.strip_suffix(END)?;
    if project.is_empty() || project.contains('/') {
        return None;
    }
    let mut headers = [httparse::EMPTY_HEADER; 100];
    let mut parsed = httparse::Request::new(&mut headers);
    if !parsed.parse(head).is_ok_and(|status| status.is_complete()) {
        return None;
    }
    let mut request = Request::builder().method(Method::GET).uri(parsed.path?);
    for header in &*parsed.headers {
        let name = HeaderName::from_bytes(header.name.as_bytes()).ok()?;
        request = request.header(name, HeaderValue::from_bytes(header.value).ok()?);
    }
    Some(request.body(()).ok()?.into_parts().0)
}

/// What a stream is answered with.
pub(super) struct Direct {
    pub(super) service: Arc<Service>,
    pub(super) shared: Arc<Shared>,
    pub(super) streams: Arc<Semaphore>,
    pub(super) stage: watch::Receiver<Stage>,
    pub(super) peer: IpAddr,
}

impl Direct {
    /// Answers, and goes on until either side ends it.
    pub(super) async fn answer<S: AsyncRead + AsyncWrite + Unpin>(
        mut self,
        request: Parts,
        mut socket: Guarded<S>,
    ) {
        let busy = self.shared.busy();
        let nothing = Empty::new().map_err(|never| match never {}).boxed_unsync();
        // In a box, so that what it takes to find the answer is given back when it is found.
        let response = Box::pin(self.service.answer(request, nothing, Some(self.peer))).await;
        if response.body().is_stream()
            && let Ok(place) = Arc::clone(&self.streams).try_acquire_owned()
        {
            self.shared.take_place(place);
        }
        let now = self.service.app().clock.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let (head, mut body) = head_of(response, &now);
        let over = async {
            let _ = self.stage.wait_for(|stage| *stage == Stage::Over).await;
        };
        tokio::select! {
            () = pour(&mut socket, head, &mut body) => {}
            () = over => return,
        }
        drop((busy, body));
        let _ = socket.shutdown().await;
    }
}

/// Writes everything there is, and what comes, until it ends or the client has gone.
async fn pour<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut Guarded<S>,
    head: Bytes,
    body: &mut AnswerBody,
) {
    let mut next = Some(head);
    while let Some(bytes) = next.take() {
        if socket.write_all(&bytes).await.is_err() || socket.flush().await.is_err() {
            return;
        }
        drop(bytes);
        let mut scrap = [0; 16];
        next = tokio::select! {
            biased;
            frame = body.frame() => frame.and_then(Result::ok).and_then(|frame| frame.into_data().ok()),
            // Nothing more is expected of the client but its end.
            _ = socket.read(&mut scrap) => return,
        };
    }
}

/// The head of an answer as it is written, and its body.
fn head_of(response: Response<AnswerBody>, now: &str) -> (Bytes, AnswerBody) {
    let (mut parts, body) = response.into_parts();
    parts.headers.insert(CONNECTION, HeaderValue::from_static("close"));
    if let Some(whole) = body.whole() {
        parts.headers.insert(CONTENT_LENGTH, whole.len().into());
    }
    if let Ok(now) = HeaderValue::from_str(now) {
        parts.headers.insert(DATE, now);
    }
    let mut head = BytesMut::with_capacity(1024);
    let status = parts.status;
    head.put_slice(
        format!("HTTP/1.1 {} {}\r\n", status.as_str(), status.canonical_reason().unwrap_or("")).as_bytes(),
    );
    for (name, value) in &parts.headers {
        head.put_slice(name.as_str().as_bytes());
        head.put_slice(b": ");
        head.put_slice(value.as_bytes());
        head.put_slice(b"\r\n");
    }
    head.put_slice(b"\r\n");
    (head.freeze(), body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_request_for_a_stream_takes_this_way() {
        let head = |line: &str| format!("{line}\r\nHost: a\r\nX: y\r\n\r\n");
        let found =
            asks_for_stream(head("GET /api/projects/shop/stream?alias=a HTTP/1.1").as_bytes()).expect("one");
        assert_eq!((found.uri.path(), found.uri.query()), ("/api/projects/shop/stream", Some("alias=a")));
        assert_eq!(found.headers["x"], "y");
        assert!(asks_for_stream(head("GET /api/projects/shop/stream HTTP/1.1").as_bytes()).is_some());
        for line in [
            "HEAD /api/projects/shop/stream HTTP/1.1",
            "GET /api/projects/shop/stream HTTP/1.0",
            "GET /api/projects//stream HTTP/1.1",
            "GET /api/projects/shop/more/stream HTTP/1.1",
            "GET /api/projects/shop/streams HTTP/1.1",
            "GET /api/projects/shop/snapshot?x=/stream HTTP/1.1",
            "GET http://a/api/projects/shop/stream HTTP/1.1",
        ] {
            assert!(asks_for_stream(head(line).as_bytes()).is_none(), "{line}");
        }
        assert!(asks_for_stream(b"GET /api/projects/shop/stream HTTP/1.1\r\nHost: a\r\n").is_none());
    }

    #[test]
    fn a_head_is_written_as_it_has_to_be() {
        let mut response = Response::new(AnswerBody::from(Bytes::from_static(b"{}")));
        response.headers_mut().insert("x", HeaderValue::from_static("y"));
        let (head, body) = head_of(response, "Sun, 01 Nov 2026 12:00:00 GMT");
        let text = "HTTP/1.1 200 OK\r\nx: y\r\nconnection: close\r\ncontent-length: 2\r\n\
                    date: Sun, 01 Nov 2026 12:00:00 GMT\r\n\r\n";
        assert_eq!((&head[..], body.whole().map(Bytes::len)), (text.as_bytes(), Some(2)));
    }
}
