//! Values of secrets on this machine, from the backend that `[secrets]` in promptsync.toml names.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use promptsync_core::{
    secrets::{SecretRef, SecretValue, Secrets},
    time::{Clock, Timestamp, to_microseconds},
};
use promptsync_outbound::{Client, Network, Policy};
use promptsync_secrets::{
    Backend, Environment, Files, Vault,
    vault::{VaultAuth, VaultSettings},
};
use serde::Deserialize;

use crate::error::{CliError, Kind, Result};

/// `[secrets]` of promptsync.toml. It names no secret: a token comes from `VAULT_TOKEN`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", tag = "backend", deny_unknown_fields)]
pub(crate) enum LocalSecrets {
    /// Variables `PROMPTSYNC_SECRET_…`.
    Environment,
    /// Files of a folder.
    File {
        /// The folder, as seen from the file.
        folder: PathBuf,
    },
    /// A Vault.
    Vault {
        /// Where it is; `VAULT_ADDR` when absent.
        url: Option<String>,
        /// Where the store is mounted; `secret` when absent.
        mount: Option<String>,
        /// A path in front of every secret's.
        prefix: Option<String>,
        /// The namespace; `VAULT_NAMESPACE` when absent.
        namespace: Option<String>,
    },
}

impl LocalSecrets {
    /// The same, with a folder as seen from the folder of the project file.
    pub(crate) fn below(self, root: &Path) -> Self {
        match self {
            Self::File { folder } => Self::File { folder: root.join(folder) },
            other => other,
        }
    }
}

struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one clock of the command line")]
    fn now(&self) -> Timestamp {
        to_microseconds(chrono::Utc::now())
    }
}

/// The values of these references, all or none.
pub(crate) fn look_up(
    from: &LocalSecrets,
    variables: &BTreeMap<String, String>,
    references: &[SecretRef],
) -> Result<Secrets> {
    let backend = backend(from, variables)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::usage("io", format!("the network cannot be used: {error}")))?;
    let mut values: BTreeMap<SecretRef, SecretValue> = BTreeMap::new();
    for reference in references {
        let read = runtime.block_on(backend.read(reference)).and_then(|fields| fields.pick(reference.key()));
        let value = read.map_err(|error| {
            let message = format!("the secret `{reference}` cannot be read: {error}");
            CliError::new(Kind::Check, "secret_unavailable", message)
        })?;
        values.insert(reference.clone(), value);
    }
    Ok(Secrets::resolved(values))
}

fn backend(from: &LocalSecrets, variables: &BTreeMap<String, String>) -> Result<Backend> {
    match from {
        LocalSecrets::Environment => Ok(Backend::Environment(Environment::new(variables.clone()))),
        LocalSecrets::File { folder } => Ok(Backend::Files(Files::new(folder))),
        LocalSecrets::Vault { url, mount, prefix, namespace } => {
            let variable = |name: &str| variables.get(name).cloned();
            let missing = |what: &str| {
                CliError::usage("secrets", format!("the Vault of promptsync.toml has no {what}"))
            };
            let url = url.clone().or_else(|| variable("VAULT_ADDR"));
            let url = url.ok_or_else(|| missing("url, and VAULT_ADDR is not set"))?;
            let token = variable("VAULT_TOKEN").ok_or_else(|| missing("token: set VAULT_TOKEN"))?;
            let usual = VaultSettings::default();
            let settings = VaultSettings {
                mount: mount.clone().unwrap_or(usual.mount),
                prefix: prefix.clone().unwrap_or_default(),
                namespace: namespace.clone().or_else(|| variable("VAULT_NAMESPACE")).unwrap_or_default(),
                auth: VaultAuth::Token,
            };
            if let Some(name) = settings.wrong() {
                return Err(CliError::usage(
                    "secrets",
                    format!("`{name}` in [secrets] is not allowed to be this"),
                ));
            }
            // The user's own machine and the user's own file: any network may be called, at the port that is named.
            let port = url.parse::<http::Uri>().ok().and_then(|url| url.port_u16());
            let policy = Policy {
                allow: Network::list("0.0.0.0/0, ::/0").expect("these are networks"),
                ports: [80, 443].into_iter().chain(port).collect(),
            };
            let vault = Vault::new(
                Client::new(policy),
                Arc::new(SystemClock),
                &url,
                settings,
                SecretValue::new(token),
            );
            Ok(Backend::Vault(Box::new(vault)))
        }
    }
}
