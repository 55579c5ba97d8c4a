//! The keys the workspace signs with.

use promptsync_api::signing_keys::{RotateSigningKey, SigningKeys};
use reqwest::Method;

use crate::{Client, ClientError, requests::with_body};

impl Client {
    /// The workspace's public keys, oldest first. The caller verifies the chain.
    pub async fn signing_keys(&self) -> Result<SigningKeys, ClientError> {
        self.answer(self.get(&["api", "signing-keys"])).await
    }

    /// Replaces the key the workspace signs with.
    pub async fn rotate_signing_key(&self, body: &RotateSigningKey) -> Result<SigningKeys, ClientError> {
        self.answer(with_body(self.request(Method::POST, &["api", "signing-keys", "rotate"]), body)).await
    }
}
