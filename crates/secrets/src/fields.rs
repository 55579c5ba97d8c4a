//! A secret as a backend gives it: one text, or several fields.

use std::collections::BTreeMap;

use promptsync_core::secrets::SecretValue;
use serde_json::{Map, Value};
use zeroize::Zeroize as _;

use crate::{MAX_VALUE, ReadError};

/// The field that is meant when a secret has several and the reference names none.
const DEFAULT: &str = "value";

/// The content of a secret.
#[derive(Clone, Debug)]
pub enum Fields {
    /// One text. With a key, it is read as a JSON object.
    Text(SecretValue),
    /// Named fields.
    Named(BTreeMap<String, SecretValue>),
}

impl Fields {
    /// A text, unless it is too long.
    pub fn text(text: String) -> Result<Self, ReadError> {
        let value = SecretValue::new(text);
        if value.expose().len() > MAX_VALUE {
            return Err(ReadError::Form { problem: "is longer than 65,536 bytes" });
        }
        Ok(Self::Text(value))
    }

    /// The fields of an object. What is not text becomes its JSON.
    pub fn named(object: Map<String, Value>) -> Result<Self, ReadError> {
        let mut fields = BTreeMap::new();
        for (name, value) in object {
            let value = match value {
                Value::String(text) => SecretValue::new(text),
                mut other => {
                    let value = SecretValue::new(other.to_string());
                    wipe(&mut other);
                    value
                }
            };
            if value.expose().len() > MAX_VALUE {
                return Err(ReadError::Form { problem: "is longer than 65,536 bytes" });
            }
            fields.insert(name, value);
        }
        Ok(Self::Named(fields))
    }

    /// The value that a reference's key asks for.
    pub fn pick(&self, key: Option<&str>) -> Result<SecretValue, ReadError> {
        match (self, key) {
            (Self::Text(value), None) => Ok(value.clone()),
            (Self::Text(value), Some(_)) => {
                let object = serde_json::from_str(value.expose())
                    .map_err(|_| ReadError::Form { problem: "is not a JSON object, so it has no fields" })?;
                Self::named(object)?.pick(key)
            }
            (Self::Named(fields), Some(key)) => {
                fields.get(key).cloned().ok_or_else(|| ReadError::NoKey { key: key.to_owned() })
            }
            (Self::Named(fields), None) => match (fields.get(DEFAULT), fields.len()) {
                (Some(value), _) => Ok(value.clone()),
                (None, 1) => fields.values().next().cloned().ok_or(ReadError::KeyNeeded),
                _ => Err(ReadError::KeyNeeded),
            },
        }
    }
}

/// Wipes the texts of a value.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(fields) => fields.values_mut().for_each(wipe),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn named(value: &Value) -> Fields {
        Fields::named(value.as_object().cloned().unwrap_or_default()).expect("short fields")
    }

    fn picked(fields: &Fields, key: Option<&str>) -> Result<String, ReadError> {
        fields.pick(key).map(|value| value.expose().to_owned())
    }

    #[test]
    fn a_key_picks_a_field_and_none_the_only_one() {
        let two = named(&json!({"key": "a", "n": 7, "o": {"x": "y"}}));
        assert_eq!(picked(&two, Some("key")).as_deref(), Ok("a"));
        assert_eq!(picked(&two, Some("n")).as_deref(), Ok("7"));
        assert_eq!(picked(&two, Some("o")).as_deref(), Ok("{\"x\":\"y\"}"));
        assert_eq!(picked(&two, Some("p")), Err(ReadError::NoKey { key: "p".into() }));
        assert_eq!(picked(&two, None), Err(ReadError::KeyNeeded));
        assert_eq!(picked(&named(&json!({"key": "a"})), None).as_deref(), Ok("a"));
        assert_eq!(picked(&named(&json!({"key": "a", "value": "b"})), None).as_deref(), Ok("b"));
        let text = Fields::text("{\"key\":\"a\"}".into()).expect("short");
        assert_eq!(picked(&text, Some("key")).as_deref(), Ok("a"));
        assert_eq!(picked(&text, None).as_deref(), Ok("{\"key\":\"a\"}"));
        let plain = Fields::text("plain".into()).expect("short");
        assert!(matches!(picked(&plain, Some("key")), Err(ReadError::Form { .. })));
    }

    #[test]
    fn a_value_that_is_too_long_is_refused_and_none_is_printed() {
        assert!(Fields::text("x".repeat(MAX_VALUE + 1)).is_err());
        assert!(!format!("{:?}", named(&json!({"key": "hunter2"}))).contains("hunter2"));
    }
}
