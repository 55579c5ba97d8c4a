//! The id of a request: the caller's, when it is harmless, else a new one.

use hyper::header::HeaderName;
use promptsync_core::ids::Ids;

use super::fields::Fields;

/// The header that carries it, both ways.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id taken from a caller.
const MAX: usize = 64;

/// The request's id. It appears in logs, audit entries and error bodies, so only plain characters are taken.
pub(crate) fn of(fields: &(impl Fields + ?Sized), ids: &dyn Ids) -> String {
    fields
        .all(&HEADER)
        .next()
        .and_then(|value| std::str::from_utf8(value).ok())
        .filter(|id| is_plain(id))
        .map_or_else(|| ids.next(), str::to_owned)
}

fn is_plain(id: &str) -> bool {
    (1..=MAX).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn an_id_with_spaces_line_ends_or_great_length_is_not_taken() {
        let long = "x".repeat(65);
        for bad in ["", "a b", "a\nb", "<script>", "é", long.as_str()] {
            assert!(!is_plain(bad), "{bad:?}");
        }
        assert!(is_plain("build-42_a.b"));
    }
}
