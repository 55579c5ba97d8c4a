//! The head of a request, looked at byte by byte before anything else reads it.
//!
//! Two programs must not disagree about where a request ends: a proxy in front could be led to see another request
//! than the server does. So what is merely tolerated elsewhere is refused here: both lengths at once, two lengths,
//! bare line feeds, a missing Host.

use std::mem::MaybeUninit;

use httparse::Header;
use hyper::{
    Request,
    header::{CONTENT_LENGTH, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING},
    http::request::Parts,
};
use promptsync_api::error::{BAD_REQUEST, HEADERS_TOO_LARGE};

use crate::http::{error::ApiError, fields::Fields as _};

/// The largest request line and headers together.
pub(super) const MAX_BYTES: usize = 32 << 10;
/// The most headers.
const MAX_HEADERS: usize = 100;

/// How the end of a request's body is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// After so many bytes.
    Length(u64),
    /// After the last chunk.
    Chunked,
}

/// A request without its body.
#[derive(Debug)]
pub(super) struct Head<'h, 'b> {
    pub(super) method: &'b str,
    /// Path and query.
    pub(super) target: &'b str,
    /// Whether it is HTTP/1.1, not 1.0.
    pub(super) is_1_1: bool,
    pub(super) fields: &'h [Header<'b>],
    pub(super) framing: Framing,
}

/// Room for the fields of a head.
pub(super) type Room<'b> = [MaybeUninit<Header<'b>>; MAX_HEADERS];

/// Room for the fields of a head.
pub(super) fn room<'b>() -> Room<'b> {
    [const { MaybeUninit::uninit() }; MAX_HEADERS]
}

/// The length of the head at the beginning of these bytes; nothing while it is incomplete.
pub(super) fn end(bytes: &[u8]) -> Result<Option<usize>, ApiError> {
    let mut line_start = 0;
    let mut is_begun = false;
    for at in memchr::memchr_iter(b'\n', bytes) {
        if at == 0 || bytes[at - 1] != b'\r' {
            return Err(ApiError::new(BAD_REQUEST, "lines end with CR LF"));
        }
        if at > MAX_BYTES {
            break;
        }
        let is_empty = at == line_start + 1;
        // Empty lines before a request line are allowed.
        if is_empty && is_begun {
            return Ok(Some(at + 1));
        }
        is_begun |= !is_empty;
        line_start = at + 1;
    }
    if bytes.len() > MAX_BYTES {
        let detail = format!("the headers of a request have at most {MAX_BYTES} bytes");
        return Err(ApiError::new(HEADERS_TOO_LARGE, detail));
    }
    Ok(None)
}

/// Takes a complete head apart, and finds how its body ends.
pub(super) fn read<'h, 'b>(head: &'b [u8], room: &'h mut Room<'b>) -> Result<Head<'h, 'b>, ApiError> {
    let refuse = |detail: &str| ApiError::new(BAD_REQUEST, detail);
    let mut request = httparse::Request::new(&mut []);
    match request.parse_with_uninit_headers(head, room) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return Err(refuse("the request is not HTTP/1.1")),
        Err(httparse::Error::TooManyHeaders) => {
            let detail = format!("a request has at most {MAX_HEADERS} headers");
            return Err(ApiError::new(HEADERS_TOO_LARGE, detail));
        }
        Err(error) => return Err(refuse(&format!("the request is not HTTP/1.1: {error}"))),
    }
    let httparse::Request { method: Some(method), path: Some(target), version: Some(version), headers } =
        request
    else {
        return Err(refuse("the request is not HTTP/1.1"));
    };
    if method == "CONNECT" {
        return Err(refuse("CONNECT is not possible here"));
    }
    let (fields, is_1_1) = (&*headers, version == 1);
    if is_1_1 && fields.all(&HOST).count() != 1 {
        return Err(refuse("a request names exactly one Host"));
    }
    Ok(Head { method, target, is_1_1, fields, framing: framing(fields, is_1_1)? })
}

fn framing(fields: &[Header<'_>], is_1_1: bool) -> Result<Framing, ApiError> {
    let refuse = |detail: &str| Err(ApiError::new(BAD_REQUEST, detail));
    let (mut lengths, mut encodings) = (fields.all(&CONTENT_LENGTH), fields.all(&TRANSFER_ENCODING));
    match ((lengths.next(), lengths.next()), (encodings.next(), encodings.next())) {
        ((None, _), (None, _)) => Ok(Framing::Length(0)),
        ((Some(length), None), (None, _)) => match number(length) {
            Some(length) => Ok(Framing::Length(length)),
            None => refuse("Content-Length is not a number"),
        },
        ((None, _), (Some(encoding), None))
            if is_1_1 && encoding.trim_ascii().eq_ignore_ascii_case(b"chunked") =>
        {
            Ok(Framing::Chunked)
        }
        ((None, _), _) => refuse("the only Transfer-Encoding is chunked"),
        (_, (None, _)) => refuse("Content-Length is given more than once"),
        _ => refuse("Content-Length and Transfer-Encoding exclude each other"),
    }
}

impl Head<'_, '_> {
    /// The same as everything else here takes requests; nothing when it is none.
    pub(super) fn parts(&self) -> Option<Parts> {
        let mut request = Request::builder().method(self.method).uri(self.target);
        for field in self.fields {
            let name = HeaderName::from_bytes(field.name.as_bytes()).ok()?;
            request = request.header(name, HeaderValue::from_bytes(field.value).ok()?);
        }
        Some(request.body(()).ok()?.into_parts().0)
    }
}

fn number(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text.trim_ascii()).ok()?;
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(head: &str) -> Result<Option<Framing>, String> {
        let code = |error: ApiError| error.into_response("t").status().as_str().to_owned();
        match end(head.as_bytes()).map_err(code)? {
            Some(length) => {
                let mut room = room();
                let read = read(&head.as_bytes()[..length], &mut room);
                read.map(|head| Some(head.framing)).map_err(code)
            }
            None => Ok(None),
        }
    }

    #[test]
    fn a_head_is_complete_at_its_empty_line() {
        assert_eq!(judge("GET / HTTP/1.1\r\nHost: a\r\n"), Ok(None));
        assert_eq!(judge("GET / HTTP/1.1\r\nHost: a\r\n\r\nrest"), Ok(Some(Framing::Length(0))));
        assert_eq!(judge("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), Ok(Some(Framing::Length(0))));
        assert_eq!(
            judge("POST / HTTP/1.1\r\nHost: a\r\ncontent-length: 12\r\n\r\n"),
            Ok(Some(Framing::Length(12)))
        );
        assert_eq!(
            judge("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"),
            Ok(Some(Framing::Chunked))
        );
    }

    #[test]
    fn a_head_that_can_be_read_in_two_ways_is_refused() {
        let host = "POST / HTTP/1.1\r\nHost: a\r\n";
        for bad in [
            "GET / HTTP/1.1\r\n\r\n".to_owned(),
            "GET / HTTP/1.1\nHost: a\n\n".to_owned(),
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_owned(),
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
            "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            format!("{host}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"),
            format!("{host}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"),
            format!("{host}Content-Length: 3\r\nContent-Length: 4\r\n\r\n"),
            format!("{host}Content-Length: +3\r\n\r\n"),
            format!("{host}Content-Length: 99999999999999999999\r\n\r\n"),
            format!("{host}Transfer-Encoding: gzip, chunked\r\n\r\n"),
            format!("{host}Transfer-Encoding : chunked\r\n\r\n"),
            format!("{host}X: a\r\n b: folded\r\n\r\n"),
        ] {
            assert_eq!(judge(&bad), Err("400".into()), "{bad:?}");
        }
    }

    #[test]
    fn a_head_of_too_many_bytes_or_headers_is_refused() {
        let host = "GET / HTTP/1.1\r\nHost: a\r\n";
        assert_eq!(judge(&format!("{host}X: {}\r\n\r\n", "x".repeat(33_000))), Err("431".into()));
        assert_eq!(judge(&format!("{host}{}\r\n", "X: y\r\n".repeat(100))), Err("431".into()));
        assert_eq!(judge(&format!("{host}{}\r\n", "X: y\r\n".repeat(99))), Ok(Some(Framing::Length(0))));
    }
}
