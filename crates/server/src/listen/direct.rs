//! Streams by a way of their own: a request that asks for one is answered here, and is the last of its connection.
//!
//! A stream lasts for days and says little. What takes requests apart holds some 30 KB for each connection all that time;
//! this way writes the head of the answer once, then the bytes that all streams share, straight to the socket. The answer
//! is the same, but that it ends with the connection instead of a last chunk.

use std::{net::IpAddr, sync::Arc};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::http::request::Parts;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    sync::{Semaphore, watch},
};

use super::{
    Serves, Stage,
    head::Head,
    stream::{Guarded, Shared},
};
use crate::http::{answer::AnswerBody, written};

/// Whether a request asks for a stream, in no unusual way.
pub(super) fn asks_for_stream(head: &Head<'_, '_>) -> bool {
    let (path, _) = head.target.split_once('?').unwrap_or((head.target, ""));
    let project = path.strip_prefix("/api/projects/").and_then(|rest| rest.strip_suffix("/stream"));
    head.method == "GET" && head.is_1_1 && project.is_some_and(|name| !name.is_empty() && !name.contains('/'))
}

/// What a stream is answered with.
pub(super) struct Direct<S> {
    pub(super) service: Arc<S>,
    pub(super) shared: Arc<Shared>,
    pub(super) streams: Arc<Semaphore>,
    pub(super) stage: watch::Receiver<Stage>,
    pub(super) peer: IpAddr,
}

impl<S: Serves> Direct<S> {
    /// Answers, and goes on until either side ends it.
    pub(super) async fn answer(
        mut self,
        request: Parts,
        mut socket: Guarded<impl AsyncRead + AsyncWrite + Unpin>,
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
        let now = self.service.now().format(written::DATE_FORMAT).to_string();
        let (head, mut body) = written::head(response, &now, true);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listen::head;

    #[test]
    fn only_a_plain_request_for_a_stream_takes_this_way() {
        let asks = |line: &str| {
            let text = format!("{line}\r\nHost: a\r\nX: y\r\n\r\n");
            let mut room = head::room();
            head::read(text.as_bytes(), &mut room).is_ok_and(|head| asks_for_stream(&head))
        };
        assert!(asks("GET /api/projects/shop/stream?alias=a HTTP/1.1"));
        assert!(asks("GET /api/projects/shop/stream HTTP/1.1"));
        for line in [
            "HEAD /api/projects/shop/stream HTTP/1.1",
            "GET /api/projects/shop/stream HTTP/1.0",
            "GET /api/projects//stream HTTP/1.1",
            "GET /api/projects/shop/more/stream HTTP/1.1",
            "GET /api/projects/shop/streams HTTP/1.1",
            "GET /api/projects/shop/snapshot?x=/stream HTTP/1.1",
            "GET http://a/api/projects/shop/stream HTTP/1.1",
        ] {
            assert!(!asks(line), "{line}");
        }
    }
}
