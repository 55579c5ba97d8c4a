//! The header fields of a request, wherever they are kept.

use hyper::{
    HeaderMap,
    header::{HeaderName, HeaderValue},
};

/// Header fields by name.
pub(crate) trait Fields {
    /// The values of a field, in their order.
    fn all<'f>(&'f self, name: &'f HeaderName) -> impl DoubleEndedIterator<Item = &'f [u8]>;

    /// The only value of a field, as text; nothing when there are more, or it is no text.
    fn only<'f>(&'f self, name: &'f HeaderName) -> Option<&'f str> {
        let mut values = self.all(name);
        let value = values.next()?;
        if values.next().is_some() { None } else { std::str::from_utf8(value).ok() }
    }

    /// Whether there is such a field.
    fn has(&self, name: &HeaderName) -> bool {
        self.all(name).next().is_some()
    }
}

impl Fields for HeaderMap {
    fn all<'f>(&'f self, name: &'f HeaderName) -> impl DoubleEndedIterator<Item = &'f [u8]> {
        self.get_all(name).iter().map(HeaderValue::as_bytes)
    }
}

impl Fields for [httparse::Header<'_>] {
    fn all<'f>(&'f self, name: &'f HeaderName) -> impl DoubleEndedIterator<Item = &'f [u8]> {
        self.iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name.as_str()))
            .map(|field| field.value)
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::{ACCEPT, AUTHORIZATION, HOST};

    use super::*;

    fn read(fields: &(impl Fields + ?Sized)) -> (Vec<Vec<u8>>, Option<&str>, Option<&str>, bool) {
        let all = fields.all(&ACCEPT).map(<[u8]>::to_vec).collect();
        (all, fields.only(&ACCEPT), fields.only(&HOST), fields.has(&AUTHORIZATION))
    }

    #[test]
    fn fields_read_alike_wherever_they_are_kept() {
        let lines = [("Host", "a"), ("ACCEPT", "x"), ("accept", "y")];
        let parsed = lines.map(|(name, value)| httparse::Header { name, value: value.as_bytes() });
        let mut map = HeaderMap::new();
        for (name, value) in lines {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
            map.append(name, value.parse().expect("a value"));
        }
        assert_eq!(read(&parsed[..]), (vec![b"x".to_vec(), b"y".to_vec()], None, Some("a"), false));
        assert_eq!(read(&parsed[..]), read(&map));
    }
}
