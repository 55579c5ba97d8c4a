//! The path of a request, decoded once.
//!
//! A path that two programs could read differently is refused: an encoded slash, NUL or text that is not UTF-8.

use percent_encoding::percent_decode_str;
use promptsync_api::error::{BAD_PATH, URI_TOO_LONG};

use super::error::ApiError;

/// The longest path and query together.
const MAX: usize = 8 << 10;

/// Checks a raw path before it is matched against the routes.
pub(crate) fn check(raw: &str, query: Option<&str>) -> Result<(), ApiError> {
    if raw.len() + query.map_or(0, str::len) > MAX {
        return Err(ApiError::new(URI_TOO_LONG, format!("an address has at most {MAX} characters")));
    }
    let lower = raw.to_ascii_lowercase();
    if lower.contains("%2f") || lower.contains("%5c") || raw.contains('\\') {
        return Err(ApiError::new(BAD_PATH, "a path segment cannot hold a slash or backslash"));
    }
    decode(raw).map(|_| ())
}

/// One segment, decoded.
pub(crate) fn decode(raw: &str) -> Result<String, ApiError> {
    let broken = raw.match_indices('%').any(|(at, _)| {
        !raw.as_bytes().get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    });
    if broken {
        return Err(ApiError::new(BAD_PATH, "`%` must be followed by two hexadecimal digits"));
    }
    let text = percent_decode_str(raw)
        .decode_utf8()
        .map_err(|_| ApiError::new(BAD_PATH, "the path is not valid UTF-8 after decoding"))?;
    if text.chars().any(char::is_control) {
        return Err(ApiError::new(BAD_PATH, "the path holds a control character"));
    }
    Ok(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn a_path_that_could_be_read_in_two_ways_is_refused() {
        for bad in ["/a%00b", "/a%2Fb", "/a%2fb", "/a%5cb", "/%C0%AF", "/%ff", "/a%zz", "/a%", "/a%0a"] {
            assert!(check(bad, None).is_err(), "{bad}");
        }
        assert!(check("/api/prompts/%5E1.2", None).is_ok());
        assert!(check("/api", Some(&"x".repeat(9000))).is_err());
    }
}
