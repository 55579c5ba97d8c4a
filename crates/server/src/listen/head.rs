//! The head of a request, looked at byte by byte before anything else reads it.
//!
//! Two programs must not disagree about where a request ends: a proxy in front could be led to see another request
//! than the server does. So what is merely tolerated elsewhere is refused here: both lengths at once, two lengths,
//! bare line feeds, a missing Host.

use promptsync_api::error::{BAD_REQUEST, HEADERS_TOO_LARGE};

use crate::http::error::ApiError;

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

/// The length of the head at the beginning of these bytes; nothing while it is incomplete.
pub(super) fn end(bytes: &[u8]) -> Result<Option<usize>, ApiError> {
    let mut line_start = 0;
    for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
        if at == 0 || bytes[at - 1] != b'\r' {
            return Err(ApiError::new(BAD_REQUEST, "lines end with CR LF"));
        }
        if at > MAX_BYTES {
            break;
        }
        // Empty lines before a request line are allowed.
        if at == line_start + 1 && bytes[..line_start].iter().any(|byte| !matches!(byte, b'\r' | b'\n')) {
            return Ok(Some(at + 1));
        }
        line_start = at + 1;
    }
    if bytes.len() > MAX_BYTES {
        let detail = format!("the headers of a request have at most {MAX_BYTES} bytes");
        return Err(ApiError::new(HEADERS_TOO_LARGE, detail));
    }
    Ok(None)
}

/// Checks a complete head and finds how its body ends.
pub(super) fn framing(head: &[u8]) -> Result<Framing, ApiError> {
    let refuse = |detail: &str| Err(ApiError::new(BAD_REQUEST, detail));
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(head) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) => return refuse("the request is not HTTP/1.1"),
        Err(httparse::Error::TooManyHeaders) => {
            let detail = format!("a request has at most {MAX_HEADERS} headers");
            return Err(ApiError::new(HEADERS_TOO_LARGE, detail));
        }
        Err(error) => return refuse(&format!("the request is not HTTP/1.1: {error}")),
    }
    let all = |name: &str| -> Vec<&[u8]> {
        request
            .headers
            .iter()
            .filter(|header| header.name.eq_ignore_ascii_case(name))
            .map(|header| header.value)
            .collect()
    };
    if request.method == Some("CONNECT") {
        return refuse("CONNECT is not possible here");
    }
    if request.version == Some(1) && all("host").len() != 1 {
        return refuse("a request names exactly one Host");
    }
    let (lengths, encodings) = (all("content-length"), all("transfer-encoding"));
    match (lengths.as_slice(), encodings.as_slice()) {
        ([], []) => Ok(Framing::Length(0)),
        ([length], []) => match number(length) {
            Some(length) => Ok(Framing::Length(length)),
            None => refuse("Content-Length is not a number"),
        },
        ([], [encoding])
            if request.version == Some(1) && encoding.trim_ascii().eq_ignore_ascii_case(b"chunked") =>
        {
            Ok(Framing::Chunked)
        }
        ([], _) => refuse("the only Transfer-Encoding is chunked"),
        (_, []) => refuse("Content-Length is given more than once"),
        _ => refuse("Content-Length and Transfer-Encoding exclude each other"),
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
            Some(length) => framing(&head.as_bytes()[..length]).map(Some).map_err(code),
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
