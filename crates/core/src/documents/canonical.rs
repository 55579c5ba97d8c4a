//! The canonical form of a document and its digest.

use serde_json::Value;

use super::Document;
use crate::digest::Digest;

/// The canonical form: JSON without white space, keys sorted by code point, empty fields left out, numbers in
/// their shortest form, line ends as LF.
///
/// The form follows RFC 8785 (JSON Canonicalization Scheme) in key order, white space and string escapes.
pub fn canonical(document: &Document) -> String {
    let mut value = serde_json::to_value(document).unwrap_or(Value::Null);
    sort(&mut value);
    value.to_string()
}

/// The digest of the canonical form.
pub fn digest(document: &Document) -> Digest {
    Digest::of(canonical(document).as_bytes())
}

fn sort(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.sort_keys();
            map.values_mut().for_each(sort);
        }
        Value::Array(items) => items.iter_mut().for_each(sort),
        _ => {}
    }
}
