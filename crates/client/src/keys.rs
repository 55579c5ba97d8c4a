//! API keys.

use promptsync_api::keys::{CreateKey, CreatedKey, Key, RotateKey};
use reqwest::Method;

use crate::{Client, ClientError, requests::with_body};

impl Client {
    /// Creates a key. Its secret is in this answer and nowhere else.
    pub async fn create_key(&self, key: &CreateKey) -> Result<CreatedKey, ClientError> {
        self.answer(with_body(self.request(Method::POST, &["api", "keys"]), key)).await
    }

    /// Every key the caller may see.
    pub async fn keys(&self) -> Result<Vec<Key>, ClientError> {
        self.all(&["api", "keys"], &[]).await
    }

    /// Gives a key a new secret, which is in this answer and nowhere else.
    pub async fn rotate_key(&self, id: &str, request: &RotateKey) -> Result<CreatedKey, ClientError> {
        self.answer(with_body(self.request(Method::POST, &["api", "keys", id, "rotate"]), request)).await
    }

    /// Revokes a key.
    pub async fn revoke_key(&self, id: &str) -> Result<(), ClientError> {
        self.nothing(self.request(Method::DELETE, &["api", "keys", id])).await
    }
}
