//! Requests that carry a cookie: they must come from a page of this server, whatever a browser was made to send.

use hyper::{
    HeaderMap,
    header::{COOKIE, HOST, ORIGIN},
};
use promptsync_api::error::CROSS_SITE;

use super::error::ApiError;

/// The cookie of a browser's session. The prefix makes browsers refuse it from other hosts, over plain HTTP, and with
/// a narrower path.
const SESSION_COOKIE: &str = "__Host-promptsync";
/// A header that a foreign page cannot send without asking first.
const MARK: &str = "x-promptsync";

/// Refuses what does not come from a page of this server. `public_url` is where people reach it; without one the page
/// must have been loaded from the host that the request went to.
pub(crate) fn require_own_page(headers: &HeaderMap, public_url: &str) -> Result<(), ApiError> {
    let only = |name| {
        let mut values = headers.get_all(name).iter();
        let value = values.next()?.to_str().ok()?;
        values.next().is_none().then_some(value)
    };
    let authority = |url: &str| {
        let (scheme, rest) = url.split_once("://")?;
        matches!(scheme, "http" | "https").then(|| rest.split('/').next().unwrap_or(rest).to_owned())
    };
    let own = only(ORIGIN).is_some_and(|origin| {
        if public_url.is_empty() {
            authority(origin).zip(only(HOST)).is_some_and(|(from, host)| from.eq_ignore_ascii_case(host))
        } else {
            let end = public_url.find("://").map_or(0, |at| at + 3);
            let end = public_url[end..].find('/').map_or(public_url.len(), |at| end + at);
            origin.eq_ignore_ascii_case(&public_url[..end])
        }
    });
    let marked = headers.get(MARK).is_some_and(|value| value == "1");
    if own && marked {
        return Ok(());
    }
    Err(ApiError::new(CROSS_SITE, "requests with a cookie are only taken from this server's own pages")
        .hint("programs send Authorization: Bearer …; pages send Origin and `X-PromptSync: 1`"))
}

/// The token in the session's cookie. Two such cookies are none: one of them is forged.
pub(crate) fn session_cookie(headers: &HeaderMap) -> Option<String> {
    let mut found = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == SESSION_COOKIE);
    let (_, token) = found.next()?;
    (found.next().is_none() && !token.is_empty()).then(|| token.to_owned())
}

/// Keeps a token in the browser for so many seconds.
pub(crate) fn keep_session(token: &str, seconds: i64) -> String {
    format!("{SESSION_COOKIE}={token}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax")
}

/// Takes the token out of the browser.
pub(crate) fn drop_session() -> String {
    keep_session("", 0)
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
            headers.append(name, HeaderValue::from_str(value).expect("a value"));
        }
        headers
    }

    #[test]
    #[expect(clippy::type_complexity, reason = "a table")]
    fn only_the_servers_own_pages_may_send_its_cookie() {
        let table: &[(&[(&str, &str)], &str, bool)] = &[
            (&[("host", "h:1"), ("origin", "http://h:1"), ("x-promptsync", "1")], "", true),
            (&[("host", "h:1"), ("origin", "https://H:1"), ("x-promptsync", "1")], "", true),
            (&[("host", "h:1"), ("origin", "http://h:1")], "", false),
            (&[("host", "h:1"), ("x-promptsync", "1")], "", false),
            (&[("host", "h:1"), ("origin", "null"), ("x-promptsync", "1")], "", false),
            (&[("host", "h:1"), ("origin", "http://h:2"), ("x-promptsync", "1")], "", false),
            (&[("host", "h:1"), ("origin", "http://h:1.evil"), ("x-promptsync", "1")], "", false),
            (
                &[("host", "h:1"), ("origin", "http://h:1"), ("origin", "http://e"), ("x-promptsync", "1")],
                "",
                false,
            ),
            (
                &[("host", "evil"), ("origin", "http://evil"), ("x-promptsync", "1")],
                "https://p.example",
                false,
            ),
            (
                &[("host", "evil"), ("origin", "https://p.example"), ("x-promptsync", "1")],
                "https://p.example/",
                true,
            ),
            (
                &[("host", "x"), ("origin", "https://p.example"), ("x-promptsync", "1")],
                "https://p.example/a",
                true,
            ),
            (
                &[("host", "x"), ("origin", "http://p.example"), ("x-promptsync", "1")],
                "https://p.example",
                false,
            ),
            (
                &[("host", "x"), ("origin", "https://p.example.evil"), ("x-promptsync", "1")],
                "https://p.example",
                false,
            ),
        ];
        for (pairs, public_url, own) in table {
            assert_eq!(require_own_page(&headers(pairs), public_url).is_ok(), *own, "{pairs:?} {public_url}");
        }
    }

    #[test]
    fn the_cookie_is_found_among_others_and_only_once() {
        for (cookies, token) in [
            ("__Host-promptsync=abc", Some("abc")),
            ("a=b; __Host-promptsync=abc; c=d", Some("abc")),
            ("__Host-promptsync=", None),
            ("promptsync=abc; x__Host-promptsync=abc", None),
            ("__Host-promptsync=abc; __Host-promptsync=def", None),
        ] {
            assert_eq!(session_cookie(&headers(&[("cookie", cookies)])).as_deref(), token, "{cookies}");
        }
        let kept = keep_session("abc", 60);
        for part in ["__Host-promptsync=abc", "Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=60"] {
            assert!(kept.contains(part), "{part}");
        }
        assert!(!kept.contains("Domain"));
    }
}
