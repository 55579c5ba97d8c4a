//! The transit engine: a key that never leaves the Vault encrypts and decrypts what is sent to it.

use std::str::FromStr;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::Method;
use serde_json::json;
use zeroize::Zeroizing;

use super::{Vault, is_path, wire};
use crate::ReadError;

/// What a wrapped text begins with.
const PREFIX: &str = "vault:v";

/// A key of a transit engine, written `transit/promptsync`: where the engine is mounted, and the key's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransitKey {
    mount: String,
    name: String,
}

impl TransitKey {
    /// Whether a text looks like something that a transit engine wrapped.
    pub fn is_wrapped(text: &str) -> bool {
        text.starts_with(PREFIX)
    }
}

impl FromStr for TransitKey {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (mount, name) = text.rsplit_once('/').filter(|_| is_path(text)).ok_or(())?;
        Ok(Self { mount: mount.to_owned(), name: name.to_owned() })
    }
}

impl std::fmt::Display for TransitKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.mount, self.name)
    }
}

impl Vault {
    /// Encrypts bytes under a transit key; gives the text that opens there alone, `vault:v1:…`.
    pub async fn wrap(&self, key: &TransitKey, plain: &[u8]) -> Result<String, ReadError> {
        let plain = Zeroizing::new(STANDARD.encode(plain));
        let body = json!({ "plaintext": plain.as_str() });
        let path = format!("{}/encrypt/{}", key.mount, key.name);
        let wrapped = wire::text(self.ask(Method::POST, &path, Some(&body)).await?, "ciphertext")?;
        let wrapped = wrapped.expose();
        let is_plain = TransitKey::is_wrapped(wrapped) && wrapped.bytes().all(|byte| byte.is_ascii_graphic());
        if is_plain { Ok(wrapped.to_owned()) } else { Err(ReadError::Answer) }
    }

    /// Decrypts what [`Vault::wrap`] gave.
    pub async fn unwrap(&self, key: &TransitKey, wrapped: &str) -> Result<Zeroizing<Vec<u8>>, ReadError> {
        let body = json!({ "ciphertext": wrapped });
        let path = format!("{}/decrypt/{}", key.mount, key.name);
        let plain = wire::text(self.ask(Method::POST, &path, Some(&body)).await?, "plaintext")?;
        STANDARD.decode(plain.expose()).map(Zeroizing::new).map_err(|_| ReadError::Answer)
    }
}
