//! Connectors.

use chrono::{DateTime, Utc};
use promptsync_core::{
    connectors::ConnectorKind,
    names::{ConnectorName, ProjectName},
    secrets::SecretPattern,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A credential on its way in. It is not printed, and no answer holds one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Credential(pub String);

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(promptsync_core::secrets::MASK)
    }
}

/// `PUT /api/connectors/{name}`
///
/// The settings of `vault`: `mount` (`secret`), `prefix`, `namespace`, and `auth`, an object with the `method` `token`,
/// `approle` (with `role_id`) or `jwt` (with `role`). Those of `aws`: `region` and `prefix`. `environment` and `file` have
/// none, and exist only where the server's operator allows them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetConnector {
    /// What it leads to; it never changes.
    pub kind: ConnectorKind,
    /// Where that is. AWS has a URL for each region, which is used when there is none here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// How it is used.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub settings: Map<String, Value>,
    /// A Vault token, the secret id of a role, a JWT, or for AWS a JSON object with `access_key_id` and
    /// `secret_access_key`. Kept when absent, unless the connector then led to another place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Credential>,
}

/// A connector, without its credential.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Connector {
    /// Its name.
    pub name: ConnectorName,
    /// What it leads to.
    pub kind: ConnectorKind,
    /// Where that is.
    pub url: Option<String>,
    /// How it is used.
    pub settings: Map<String, Value>,
    /// `••••••` when one is stored.
    pub credential: Option<String>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// The outcome of `POST /api/connectors/{name}/test`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectorTest {
    /// The connector.
    pub name: ConnectorName,
    /// Whether it can be used.
    pub works: bool,
    /// Why not.
    pub problem: Option<String>,
}

/// `PUT /api/projects/{project}/secrets`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AllowSecret {
    /// Which secrets: `payments/openai#key`, `payments/openai`, `payments/*`, `payments/**`.
    pub pattern: String,
    /// Where they come from.
    pub connector: String,
}

/// Secrets that a project's prompts may ask for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AllowedSecret {
    /// The project.
    pub project: ProjectName,
    /// Which secrets.
    pub pattern: SecretPattern,
    /// Where they come from.
    pub connector: ConnectorName,
    /// When this was allowed.
    pub created_at: DateTime<Utc>,
}
