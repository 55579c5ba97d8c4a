//! AWS Secrets Manager: one call, `GetSecretValue`, signed by ourselves instead of by the whole SDK.

mod credentials;
mod sign;

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, StatusCode};
use promptsync_core::time::Clock;
use promptsync_outbound::Client;
use serde::{Deserialize, Serialize};
use zeroize::Zeroize as _;

pub use credentials::{Ambient, CredentialSource, Credentials};

use crate::{Fields, ReadError};

/// The secret that a test of the connection asks for; that it does not exist is the good answer.
const PROBE: &str = "promptsync/connection-test";

/// Which Secrets Manager, without what must stay secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwsSettings {
    /// The region: `eu-central-1`.
    pub region: String,
    /// A path in front of every secret's name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
}

impl AwsSettings {
    /// The setting that could make a request leave its place, if there is one.
    pub fn wrong(&self) -> Option<&'static str> {
        let is_region = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        let is_path = |text: &str| {
            promptsync_core::secrets::SecretRef::parse(text).is_ok_and(|reference| reference.key().is_none())
        };
        if self.region.is_empty() || self.region.len() > 32 || !self.region.bytes().all(is_region) {
            return Some("region");
        }
        (!self.prefix.is_empty() && !is_path(&self.prefix)).then_some("prefix")
    }

    /// Where the service of the region is.
    pub fn url(&self) -> String {
        let end = if self.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        format!("https://secretsmanager.{}.{end}", self.region)
    }
}

/// A Secrets Manager.
pub struct Aws {
    client: Client,
    clock: Arc<dyn Clock>,
    url: String,
    settings: AwsSettings,
    source: CredentialSource,
}

impl std::fmt::Debug for Aws {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Aws").field("settings", &self.settings).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    secret_string: Option<String>,
}

#[derive(Default, Deserialize)]
struct Failure {
    #[serde(rename = "__type", default)]
    kind: String,
}

impl Aws {
    /// The service at a URL. Nothing is called yet.
    pub fn new(
        client: Client,
        clock: Arc<dyn Clock>,
        url: &str,
        settings: AwsSettings,
        source: CredentialSource,
    ) -> Self {
        Self { client, clock, url: url.trim_end_matches('/').to_owned(), settings, source }
    }

    /// The current version of a secret.
    pub async fn read(&self, path: &str) -> Result<Fields, ReadError> {
        let prefix = &self.settings.prefix;
        let name = if prefix.is_empty() { path.to_owned() } else { format!("{prefix}/{path}") };
        let credentials = self.source.get(self.clock.now()).await?;
        let body = serde_json::json!({ "SecretId": name }).to_string();
        let request = Request::post(format!("{}/", self.url))
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", "secretsmanager.GetSecretValue")
            .body(Bytes::from(body))
            .map_err(|_| ReadError::Answer)?;
        let scope = sign::Scope { region: &self.settings.region, service: "secretsmanager" };
        let request =
            sign::signed(request, &credentials, &scope, self.clock.now()).ok_or(ReadError::Answer)?;
        let answer = self.client.send(request).await?;
        if answer.status() == StatusCode::OK {
            let found: Answer = serde_json::from_slice(answer.body()).map_err(|_| ReadError::Answer)?;
            let text = found.secret_string.ok_or(ReadError::Form { problem: "is binary, not text" })?;
            return Fields::text(text);
        }
        let mut failure: Failure = serde_json::from_slice(answer.body()).unwrap_or_default();
        let kind = failure.kind.rsplit(['#', ':']).next().unwrap_or_default();
        let error = match kind {
            "ResourceNotFoundException" => ReadError::NotFound,
            "AccessDeniedException" | "AccessDenied" | "DecryptionFailure" => ReadError::Forbidden,
            "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "ExpiredTokenException"
            | "IncompleteSignature"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException" => ReadError::Unauthenticated,
            _ => ReadError::Status { status: answer.status().as_u16() },
        };
        failure.kind.zeroize();
        Err(error)
    }

    /// Asks for a secret that does not exist: whoever may be told so can be asked for others.
    pub async fn test(&self) -> Result<(), ReadError> {
        match self.read(PROBE).await {
            // An account that may read some secrets only is told that this one is not among them.
            Ok(_) | Err(ReadError::NotFound | ReadError::Forbidden) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
