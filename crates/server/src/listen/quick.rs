//! The requests that applications send all day, answered without taking them apart any further than it needs.
//!
//! A connection begins here. As long as it asks for prompts, what is at hand goes straight to the socket, and what is not
//! goes through the routes; the first request of any other kind takes the connection to what serves all kinds.

use std::{io, net::IpAddr};

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Empty};
use hyper::{header::CONNECTION, http::request::Parts};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _},
    sync::watch,
};

use super::{
    Serves, Stage, direct,
    head::{self, Framing, Head},
    stream::Guarded,
};
use crate::{
    delivery::{self, Memory},
    http::{fields::Fields as _, written},
};

/// What becomes of a connection.
pub(super) enum Next {
    /// It is over.
    End,
    /// It asked for a stream.
    Stream(Box<Parts>),
    /// It asks for something else.
    Other,
}

/// What becomes of one request.
enum Seen {
    /// The answer is written, but for a long body.
    Written {
        rest: Bytes,
        is_last: bool,
    },
    /// It is for the routes to answer.
    Routed {
        parts: Box<Parts>,
        is_last: bool,
    },
    Stream(Box<Parts>),
    Other,
}

/// Answers until a request comes that is for others. The request is then still there.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin, A: Serves>(
    stream: &mut Guarded<S>,
    service: &A,
    stage: watch::Receiver<Stage>,
    peer: IpAddr,
) -> io::Result<Next> {
    let (mut memory, mut out) = (Memory::default(), BytesMut::new());
    loop {
        let Some(length) = stream.next_head().await? else { return Ok(Next::End) };
        let is_over = *stage.borrow() != Stage::Running;
        let seen = look(stream.waiting(), length, service, is_over, &mut memory, &mut out, peer);
        let is_last = match seen {
            Seen::Other => return Ok(Next::Other),
            // What follows a request for a stream would never be read.
            Seen::Stream(_) if stream.waiting().len() > length => return Ok(Next::Other),
            Seen::Stream(parts) => {
                stream.take_all();
                return Ok(Next::Stream(parts));
            }
            Seen::Written { rest, is_last } => {
                stream.take(length);
                stream.write_all(&out).await?;
                stream.write_all(&rest).await?;
                is_last
            }
            Seen::Routed { parts, is_last } => {
                stream.take(length);
                let (head, body) = Box::pin(route(service, *parts, peer, is_last)).await;
                stream.write_all(&head).await?;
                stream.write_all(&body).await?;
                is_last
            }
        };
        out.clear();
        stream.flush().await?;
        if is_last {
            stream.shutdown().await?;
            return Ok(Next::End);
        }
        stream.is_answered();
    }
}

fn look(
    bytes: &[u8],
    length: usize,
    service: &impl Serves,
    is_over: bool,
    memory: &mut Memory,
    out: &mut BytesMut,
    peer: IpAddr,
) -> Seen {
    let mut room = head::room();
    let Ok(head) = head::read(&bytes[..length], &mut room) else { return Seen::Other };
    if direct::asks_for_stream(&head) && head.framing == Framing::Length(0) {
        return head.parts().map_or(Seen::Other, |parts| Seen::Stream(Box::new(parts)));
    }
    let Some(ends) = ends(&head).filter(|_| is_for_a_prompt(&head)) else { return Seen::Other };
    let is_last = is_over || ends;
    match service.write_at_once(head.target, head.fields, peer, is_last, memory, out) {
        Some(rest) => Seen::Written { rest, is_last },
        None => head.parts().map_or(Seen::Other, |parts| Seen::Routed { parts: Box::new(parts), is_last }),
    }
}

/// Whether the connection ends with it; nothing when it asks for anything else that concerns the connection.
fn ends(head: &Head<'_, '_>) -> Option<bool> {
    let mut options = head.fields.all(&CONNECTION);
    match (options.next(), options.next()) {
        (None, _) => Some(false),
        (Some(option), None) if option.eq_ignore_ascii_case(b"close") => Some(true),
        (Some(option), None) if option.eq_ignore_ascii_case(b"keep-alive") => Some(false),
        _ => None,
    }
}

fn is_for_a_prompt(head: &Head<'_, '_>) -> bool {
    head.method == "GET"
        && head.is_1_1
        && head.framing == Framing::Length(0)
        && head.target.starts_with(delivery::PROMPTS)
}

async fn route(service: &impl Serves, parts: Parts, peer: IpAddr, is_last: bool) -> (Bytes, Bytes) {
    let nothing = Empty::new().map_err(|never| match never {}).boxed_unsync();
    let response = service.answer(parts, nothing, Some(peer)).await;
    let now = service.now().format(written::DATE_FORMAT).to_string();
    let (head, body) = written::head(response, &now, is_last);
    (head, body.whole().cloned().unwrap_or_default())
}
