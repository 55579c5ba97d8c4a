//! HashiCorp Vault and OpenBao: the key-value store of version 2 and the transit engine, with a token, an AppRole or a
//! JWT.

mod session;
mod transit;
mod wire;

use std::sync::Arc;

use http::Method;
use promptsync_core::{secrets::SecretValue, time::Clock};
use promptsync_outbound::Client;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Fields, ReadError};
use session::Session;
pub use transit::TransitKey;
use wire::Answer;

/// Where a Vault is and how one signs in, without what must stay secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultSettings {
    /// Where the store is mounted.
    #[serde(default = "default_mount")]
    pub mount: String,
    /// A path in front of every secret's.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
    /// The namespace, where there are several.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// How one signs in.
    #[serde(default)]
    pub auth: VaultAuth,
}

/// How one signs in to a Vault. The credential is kept apart: a token, the secret id of a role, or a JWT.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "method", deny_unknown_fields)]
pub enum VaultAuth {
    /// With a token.
    #[default]
    Token,
    /// With a role id and its secret id.
    Approle {
        /// The role's id.
        role_id: String,
        /// Where the method is mounted.
        #[serde(default = "approle")]
        mount: String,
    },
    /// With a JWT that somebody else signed.
    Jwt {
        /// The role to take.
        role: String,
        /// Where the method is mounted.
        #[serde(default = "jwt")]
        mount: String,
    },
}

fn default_mount() -> String {
    "secret".to_owned()
}

fn approle() -> String {
    "approle".to_owned()
}

fn jwt() -> String {
    "jwt".to_owned()
}

impl Default for VaultSettings {
    fn default() -> Self {
        Self {
            mount: default_mount(),
            prefix: String::new(),
            namespace: String::new(),
            auth: VaultAuth::Token,
        }
    }
}

impl VaultSettings {
    /// The setting that could make a request leave its place, if there is one.
    pub fn wrong(&self) -> Option<&'static str> {
        let (auth_mount, role) = match &self.auth {
            VaultAuth::Token => ("token", "-"),
            VaultAuth::Approle { role_id, mount } => (mount.as_str(), role_id.as_str()),
            VaultAuth::Jwt { role, mount } => (mount.as_str(), role.as_str()),
        };
        let printable =
            |text: &str| !text.is_empty() && text.len() <= 512 && text.bytes().all(|b| b.is_ascii_graphic());
        [
            ("mount", is_path(&self.mount)),
            ("prefix", self.prefix.is_empty() || is_path(&self.prefix)),
            ("namespace", self.namespace.is_empty() || is_path(&self.namespace)),
            ("auth.mount", is_path(auth_mount)),
            ("auth.role", printable(role)),
        ]
        .into_iter()
        .find_map(|(name, fits)| (!fits).then_some(name))
    }
}

/// Whether a text is a path that cannot climb: the same rule as for a reference.
fn is_path(text: &str) -> bool {
    promptsync_core::secrets::SecretRef::parse(text).is_ok_and(|reference| reference.key().is_none())
}

/// A Vault, and the session with it.
pub struct Vault {
    client: Client,
    clock: Arc<dyn Clock>,
    /// Without a `/` at its end.
    url: String,
    settings: VaultSettings,
    credential: SecretValue,
    session: tokio::sync::Mutex<Option<Session>>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Vault {
    /// A Vault at a URL. Nothing is called yet.
    pub fn new(
        client: Client,
        clock: Arc<dyn Clock>,
        url: &str,
        settings: VaultSettings,
        credential: SecretValue,
    ) -> Self {
        let url = url.trim_end_matches('/').to_owned();
        Self { client, clock, url, settings, credential, session: tokio::sync::Mutex::new(None) }
    }

    /// The newest version of a secret.
    pub async fn read(&self, path: &str) -> Result<Fields, ReadError> {
        let VaultSettings { mount, prefix, .. } = &self.settings;
        let path = if prefix.is_empty() { path.to_owned() } else { format!("{prefix}/{path}") };
        let path = format!("{mount}/data/{path}");
        wire::fields(self.ask(Method::GET, &path, None).await?)
    }

    /// Signs in, and asks who we are.
    pub async fn test(&self) -> Result<(), ReadError> {
        let token = self.token().await?;
        wire::lookup(self, &token).await.map(drop)
    }

    /// Asks with a token that works.
    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, ReadError> {
        let token = self.token().await?;
        match wire::send(self, method.clone(), path, Some(&token), body).await {
            // A session can end before its time: a role that was changed, a Vault that was restored. One try more.
            Err(ReadError::Forbidden) if self.settings.auth != VaultAuth::Token => {
                let token = self.sign_in_again(&token).await?;
                wire::send(self, method, path, Some(&token), body).await
            }
            outcome => outcome,
        }
    }
}
