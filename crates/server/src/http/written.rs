//! Answers as they are written on a connection, for those that no library writes.

use std::fmt::Write as _;

use bytes::{BufMut as _, Bytes, BytesMut};
use hyper::{
    HeaderMap, Response, StatusCode,
    header::{CONNECTION, CONTENT_LENGTH, DATE, HeaderName, HeaderValue},
};

use super::answer::AnswerBody;

/// How a moment is written in a field.
pub(crate) const DATE_FORMAT: &str = "%a, %d %b %Y %H:%M:%S GMT";

/// The first line of an answer.
pub(crate) fn status(to: &mut BytesMut, status: StatusCode) {
    to.put_slice(b"HTTP/1.1 ");
    to.put_slice(status.as_str().as_bytes());
    to.put_u8(b' ');
    to.put_slice(status.canonical_reason().unwrap_or_default().as_bytes());
    to.put_slice(b"\r\n");
}

/// A field.
pub(crate) fn field(to: &mut BytesMut, name: &HeaderName, value: &[u8]) {
    to.put_slice(name.as_str().as_bytes());
    to.put_slice(b": ");
    to.put_slice(value);
    to.put_slice(b"\r\n");
}

/// A field with a number.
pub(crate) fn number(to: &mut BytesMut, name: &HeaderName, value: impl std::fmt::Display) {
    to.put_slice(name.as_str().as_bytes());
    let _ = write!(to, ": {value}\r\n");
}

/// All of these fields.
pub(crate) fn fields(to: &mut BytesMut, all: &HeaderMap) {
    for (name, value) in all {
        field(to, name, value.as_bytes());
    }
}

/// The head of an answer, and its body. When it is the last on its connection it says so.
pub(crate) fn head(response: Response<AnswerBody>, now: &str, is_last: bool) -> (Bytes, AnswerBody) {
    let (mut parts, body) = response.into_parts();
    if is_last {
        parts.headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    if let Some(whole) = body.whole().filter(|_| parts.status != StatusCode::NOT_MODIFIED) {
        parts.headers.insert(CONTENT_LENGTH, whole.len().into());
    }
    let mut head = BytesMut::with_capacity(1024);
    status(&mut head, parts.status);
    fields(&mut head, &parts.headers);
    field(&mut head, &DATE, now.as_bytes());
    head.put_slice(b"\r\n");
    (head.freeze(), body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_written_as_it_has_to_be() {
        let response = |status: u16, body: &'static [u8]| {
            let mut response = Response::new(AnswerBody::from(Bytes::from_static(body)));
            *response.status_mut() = StatusCode::from_u16(status).expect("a status");
            response.headers_mut().insert("x", HeaderValue::from_static("y"));
            response
        };
        let now = "Sun, 01 Nov 2026 12:00:00 GMT";
        for (status, body, is_last, text) in [
            (200, &b"{}"[..], true, "200 OK\r\nx: y\r\nconnection: close\r\ncontent-length: 2\r\n"),
            (404, b"{}", false, "404 Not Found\r\nx: y\r\ncontent-length: 2\r\n"),
            (304, b"", false, "304 Not Modified\r\nx: y\r\n"),
        ] {
            let (head, whole) = super::head(response(status, body), now, is_last);
            let text = format!("HTTP/1.1 {text}date: {now}\r\n\r\n");
            assert_eq!((&head[..], whole.whole().map(Bytes::len)), (text.as_bytes(), Some(body.len())));
        }
    }
}
