//! Secrets in variables of the process: `payments/openai#key` is `PROMPTSYNC_SECRET_PAYMENTS__OPENAI__KEY`.

use std::collections::BTreeMap;

use promptsync_core::secrets::{SecretRef, SecretValue};

use crate::{Fields, ReadError};

/// What the names of all these variables begin with.
pub const PREFIX: &str = "PROMPTSYNC_SECRET_";

/// Variables that hold secrets, as they were when the process read its environment.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, SecretValue>);

impl Environment {
    /// Keeps the variables that hold secrets; the others are not looked at.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let ours = variables.into_iter().filter(|(name, _)| name.starts_with(PREFIX));
        Self(ours.map(|(name, value)| (name, SecretValue::new(value))).collect())
    }

    /// The variable of the reference; or that of its path, which then holds a JSON object.
    pub fn read(&self, reference: &SecretRef) -> Result<Fields, ReadError> {
        let named = |key: &str, value: &SecretValue| {
            Ok(Fields::Named(BTreeMap::from([(key.to_owned(), value.clone())])))
        };
        if let Some(key) = reference.key()
            && let Some(value) = self.0.get(&variable(reference))
        {
            return named(key, value);
        }
        let path = self.0.get(&of_path(reference.path())).ok_or(ReadError::NotFound)?;
        Ok(Fields::Text(path.clone()))
    }
}

/// The variable that holds a secret. Letters become capitals, `/` and `#` two underscores, every other sign one.
pub fn variable(reference: &SecretRef) -> String {
    let path = of_path(reference.path());
    reference.key().map_or(path.clone(), |key| format!("{path}__{}", capitals(key)))
}

fn of_path(path: &str) -> String {
    format!("{PREFIX}{}", path.split('/').map(capitals).collect::<Vec<_>>().join("__"))
}

fn capitals(part: &str) -> String {
    part.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_found_under_its_variable() {
        let variables = [
            ("PROMPTSYNC_SECRET_PAYMENTS__OPENAI__API_KEY", "a"),
            ("PROMPTSYNC_SECRET_JSON", "{\"key\": \"b\"}"),
            ("PROMPTSYNC_API_KEY", "not a secret of prompts"),
        ];
        let environment =
            Environment::new(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let read = |text: &str| {
            let reference = SecretRef::parse(text).expect(text);
            let value = environment.read(&reference)?.pick(reference.key())?;
            Ok(value.expose().to_owned())
        };
        assert_eq!(read("payments/openai#api.key").as_deref(), Ok("a"));
        assert_eq!(read("json#key").as_deref(), Ok("b"));
        assert_eq!(read("payments/openai"), Err(ReadError::NotFound));
        assert_eq!(read("api#key"), Err(ReadError::NotFound));
    }
}
