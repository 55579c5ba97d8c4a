//! The settings there are, and reading them from TOML.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use promptsync_core::names::nearest;

use super::{ConfigError, DEFAULTS};

/// One setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name in files; its flag with `-` for `_`.
    pub name: &'static str,
    /// What it does.
    pub about: &'static str,
    /// Whether its value is never shown.
    pub secret: bool,
}

const fn setting(name: &'static str, about: &'static str) -> Setting {
    Setting { name, about, secret: false }
}

const fn secret(name: &'static str, about: &'static str) -> Setting {
    Setting { name, about, secret: true }
}

/// Every setting, in the order of the defaults file.
pub const SETTINGS: &[Setting] = &[
    setting("data_dir", "Folder of the embedded database and the server's own key"),
    setting("listen", "Address and port to listen on"),
    secret("database_url", "A PostgreSQL database; SQLite in the data folder when empty"),
    secret(
        "redis_url",
        "A Redis or Valkey server that keeps a last-good copy and tells of changes; none when empty",
    ),
    setting(
        "redis_ca",
        "PEM file with the authorities of a rediss:// server's certificate; the public ones when empty",
    ),
    secret(
        "server_key",
        "64 hexadecimal digits that protect API keys and cursors; kept in the data folder when empty",
    ),
    secret(
        "master_key",
        "64 hexadecimal digits under which everything is sealed; kept in the data folder when empty",
    ),
    secret("old_master_keys", "Master keys that only open what was sealed before, separated by commas"),
    setting(
        "master_key_transit",
        "The transit key of a Vault that wraps the master key, such as transit/promptsync; none when empty",
    ),
    setting("vault_url", "Where that Vault is"),
    setting("vault_namespace", "Its namespace, where there are several"),
    setting("vault_auth", "How the server signs in to it: token, approle, jwt"),
    setting("vault_auth_mount", "Where that method is mounted; as the method is called when empty"),
    setting("vault_role", "The id of the AppRole, or the role of the JWT"),
    secret("vault_credential", "A token, the secret id of the AppRole, or a JWT"),
    setting(
        "public_url",
        "Where people reach the server; links are made for it, never for what a request says",
    ),
    setting("password_login", "Whether people may sign in with a password"),
    setting("session_idle_seconds", "Seconds a browser's session lasts without being used"),
    setting("session_seconds", "Seconds a browser's session lasts at most"),
    setting("cli_session_seconds", "Seconds a session of the command line lasts"),
    setting("log", "What to write to standard error: error, warn, info, debug, trace"),
    setting("max_connections", "Connections at one moment, those of streams not counted"),
    setting(
        "max_requests",
        "Requests worked on at one moment; what applications need of prompts is not counted",
    ),
    setting("max_streams", "Streams at one moment"),
    setting("streams_per_key", "Streams of one key or person at one moment"),
    setting("stream_heartbeat_seconds", "Seconds between two signs of life on a silent stream"),
    setting("body_bytes", "Bytes of a request's body"),
    setting("push_bytes", "Bytes of a push"),
    setting("cache_bytes", "Bytes of compiled prompts kept in memory"),
    setting("answer_bytes", "Bytes of answers kept in memory: an eighth as they go out, the rest compressed"),
    setting("access_seconds", "Seconds between two batches of access records"),
    setting("tls_certificate", "PEM file with the certificate and those above it; plain HTTP when empty"),
    setting("tls_key", "PEM file with the certificate's private key"),
    setting(
        "trusted_proxies",
        "Networks of proxies whose X-Forwarded-For is believed, with commas between them",
    ),
    setting("rate_caller", "Requests a second of one key or person; 0 for no limit"),
    setting("rate_workspace", "Requests a second of one workspace; 0 for no limit"),
    setting("rate_address", "Requests a second of one address without a key; 0 for no limit"),
    setting(
        "outbound_allow",
        "Networks the server may call although they are not public, with commas between them",
    ),
    setting("outbound_ports", "Ports the server may call, with commas between them"),
    setting("secret_backends", "Kinds of connectors for secrets: vault, aws, environment, file, aws_ambient"),
    setting("secret_folder", "The folder that connectors of the kind `file` read"),
    setting(
        "secret_cache_seconds",
        "Seconds that a secret from another server is kept in memory; 0 keeps none",
    ),
    setting("secret_timeout_seconds", "Seconds to wait for a secret"),
    setting("first_byte_seconds", "Seconds to the first byte of a connection"),
    setting("header_seconds", "Seconds from the first byte of a request to the end of its headers"),
    setting("body_idle_seconds", "Seconds between two pieces of a body"),
    setting("body_total_seconds", "Seconds for a whole body"),
    setting("keep_alive_seconds", "Seconds between two requests of one connection"),
    setting("stop_seconds", "Seconds for requests under way when the server stops"),
    setting("oidc_issuer", "The OpenID provider people sign in at; none when empty"),
    setting("oidc_client_id", "Who this server is to the provider"),
    secret("oidc_client_secret", "What proves it to the provider; empty for a public client"),
    setting("oidc_scopes", "What is asked of the provider, with spaces between"),
    setting("oidc_group_claim", "The claim that lists somebody's groups"),
    setting("oidc_groups", "Roles by group: `platform=admin, writers=editor`"),
    setting("oidc_provision", "Whether whoever the provider knows becomes a user at the first sign-in"),
    setting("oidc_trust_email", "Whether addresses count as verified when the provider does not say"),
];

impl Setting {
    /// The environment variables that set it, strongest first. A secret can also be given as a file, `…_FILE`.
    pub fn variables(self) -> Vec<String> {
        let own = format!("PROMPTSYNC_{}", self.name.to_ascii_uppercase());
        if self.name == "database_url" { vec![own, "DATABASE_URL".to_owned()] } else { vec![own] }
    }

    /// Its default.
    pub fn default_value(self) -> String {
        defaults().remove(self.name).unwrap_or_default()
    }
}

/// A file's values, as text.
#[derive(Debug, Default)]
pub(super) struct FileValues {
    pub(super) path: PathBuf,
    pub(super) values: BTreeMap<String, String>,
}

/// Whether an environment variable can concern the server.
pub(super) fn is_ours(variable: &str) -> bool {
    variable.starts_with("PROMPTSYNC_")
        || variable.starts_with("AWS_")
        || matches!(variable, "DATABASE_URL" | "DATABASE_URL_FILE" | "HOME")
}

pub(super) fn find(name: &str) -> Setting {
    *SETTINGS
        .iter()
        .find(|setting| setting.name == name)
        .expect("settings are asked for by names of this table")
}

pub(super) fn defaults() -> BTreeMap<String, String> {
    let table: toml::Table = DEFAULTS.parse().expect("the embedded defaults are TOML; a test reads them");
    table.into_iter().map(|(name, value)| (name, text(value))).collect()
}

/// Reads a file, or one table of it; nothing when it does not exist.
pub(super) fn from_file(path: &Path, table: Option<&str>) -> Result<FileValues, ConfigError> {
    let shown = || path.display().to_string();
    let content = match std::fs::read_to_string(path) {
        Ok(content) => content,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(FileValues::default());
        }
        Err(source) => return Err(ConfigError::File { path: shown(), source }),
    };
    let mut found: toml::Table = content.parse().map_err(|error: toml::de::Error| ConfigError::Toml {
        path: shown(),
        message: error.message().to_owned(),
    })?;
    if let Some(name) = table {
        found = match found.remove(name) {
            Some(toml::Value::Table(inner)) => inner,
            _ => toml::Table::new(),
        };
    }
    for name in found.keys() {
        if !SETTINGS.iter().any(|setting| setting.name == name) {
            let nearest = nearest(name, SETTINGS.iter().map(|setting| setting.name));
            return Err(ConfigError::Unknown { path: shown(), name: name.clone(), nearest });
        }
    }
    let values = found.into_iter().map(|(name, value)| (name, text(value))).collect();
    Ok(FileValues { path: path.to_owned(), values })
}

fn text(value: toml::Value) -> String {
    match value {
        toml::Value::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_file_and_the_table_name_the_same_settings() {
        let named: std::collections::BTreeSet<_> = defaults().into_keys().collect();
        let known: std::collections::BTreeSet<_> =
            SETTINGS.iter().map(|setting| setting.name.to_owned()).collect();
        assert_eq!(named, known);
    }
}
