//! Configuration: flag, then environment, then file, then the documented defaults. Each value knows its origin.

mod edge;
pub mod oidc;
mod outbound;
mod secrets;
mod settings;
mod transit;

use std::{
    collections::BTreeMap,
    fmt, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use promptsync_core::oidc::GroupRolesError;

pub use secrets::SecretSettings;
pub use settings::{SETTINGS, Setting};
pub use transit::TransitSettings;

use crate::{
    delivery::StreamLimits,
    listen::{ListenLimits, TlsFiles},
    rates::RateLimits,
};

/// The file in the data folder.
const FILE: &str = "server.toml";
/// The file in the working folder, and its table.
const PROJECT_FILE: &str = "promptsync.toml";

/// The defaults, with their documentation.
pub const DEFAULTS: &str = include_str!("default.toml");

/// The server's configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Folder of the embedded database and the server's key.
    pub data_dir: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// A PostgreSQL database; SQLite when absent.
    pub database_url: Option<Secret>,
    /// A Redis or Valkey server; none when absent.
    pub redis_url: Option<Secret>,
    /// The authorities of its certificate, as PEM; the public ones when absent.
    pub redis_ca: Option<Vec<u8>>,
    /// The server's key; in the data folder when absent.
    pub server_key: Option<Secret>,
    /// The master key; in the data folder when absent.
    pub master_key: Option<Secret>,
    /// Master keys that only open what was sealed before, separated by commas.
    pub old_master_keys: Option<Secret>,
    /// What wraps the master key; it stands in clear when absent.
    pub transit: Option<TransitSettings>,
    /// What to log.
    pub log: String,
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// Bytes of a push.
    pub push_bytes: usize,
    /// Bytes of compiled prompts kept in memory.
    pub cache_bytes: usize,
    /// Bytes of prompts kept in memory in the form they are answered in.
    pub answer_bytes: usize,
    /// Requests worked on at one moment, delivery not counted.
    pub max_requests: usize,
    /// Time between two batches of access records.
    pub access: Duration,
    /// Which of other people's servers may be called.
    pub outbound: promptsync_outbound::Policy,
    /// Where people reach the server; the address it listens on when empty. Links and cookies are made for it.
    pub public_url: String,
    /// Whether people may sign in with a password.
    pub password_login: bool,
    /// How long a browser's session lasts without being used.
    pub session_idle: Duration,
    /// How long a browser's session lasts.
    pub session: Duration,
    /// How long a session of the command line lasts.
    pub cli_session: Duration,
    /// Where secrets may come from.
    pub secrets: SecretSettings,
    /// Certificate and key; plain HTTP when absent.
    pub tls: Option<TlsFiles>,
    /// Proxies that say truly whom they speak for.
    pub trusted_proxies: Vec<promptsync_outbound::Network>,
    /// How much one caller, workspace, address may ask for.
    pub rates: RateLimits,
    /// How many streams there may be.
    pub streams: StreamLimits,
    /// Time limits and the number of connections.
    pub limits: ListenLimits,
    /// The OpenID provider people sign in at.
    pub oidc: Option<oidc::Settings>,
    /// Every value as it was found, by name.
    pub values: BTreeMap<&'static str, Value>,
}

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••")
    }
}

/// A setting's value and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// The value; masked when the setting is a secret.
    pub shown: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The command line.
    Flag,
    /// An environment variable.
    Environment(String),
    /// A file.
    File(PathBuf),
    /// The built-in default.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Environment(name) => f.write_str(name),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A value does not fit its setting.
    #[error("{name} (from {origin}) must be {expected}")]
    Value {
        /// The setting.
        name: &'static str,
        /// Where the value comes from.
        origin: Origin,
        /// What would fit.
        expected: &'static str,
    },
    /// The roles of groups cannot be read.
    #[error("oidc_groups (from {origin}) must be `group=role` with commas between: {source}")]
    Groups {
        /// Where the value comes from.
        origin: Origin,
        /// What is wrong with it.
        source: GroupRolesError,
    },
    /// A file names a setting that does not exist.
    #[error("{path}: unknown setting `{name}`")]
    Unknown {
        /// The file.
        path: String,
        /// The name.
        name: String,
        /// A known name that is spelt alike.
        nearest: Option<&'static str>,
    },
    /// A file is not TOML.
    #[error("{path} is not valid TOML: {message}")]
    Toml {
        /// The file.
        path: String,
        /// What the parser said.
        message: String,
    },
    /// A file cannot be read.
    #[error("cannot read {path}")]
    File {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl Config {
    /// The configuration of this process: its environment, the files it finds, and the flags it was given by name.
    pub fn load(flags: &BTreeMap<&'static str, String>) -> Result<Self, ConfigError> {
        #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
        let environment: BTreeMap<String, String> =
            std::env::vars().filter(|(name, _)| settings::is_ours(name)).collect();
        Self::merge(flags, &environment, Path::new(""))
    }

    /// The configuration from flags, an environment, and the files in `folder` and in the data folder.
    pub fn merge(
        flags: &BTreeMap<&'static str, String>,
        environment: &BTreeMap<String, String>,
        folder: &Path,
    ) -> Result<Self, ConfigError> {
        let defaults = settings::defaults();
        let project_file = settings::from_file(&folder.join(PROJECT_FILE), Some("server"))?;
        let mut found = Found { flags, environment, files: vec![project_file], defaults };
        let data_dir = PathBuf::from(found.text("data_dir")?.0);
        found.files.insert(0, settings::from_file(&data_dir.join(FILE), None)?);
        found.config(data_dir)
    }
}

/// Everything that was found, asked setting by setting.
struct Found<'a> {
    flags: &'a BTreeMap<&'static str, String>,
    environment: &'a BTreeMap<String, String>,
    files: Vec<settings::FileValues>,
    defaults: BTreeMap<String, String>,
}

impl Found<'_> {
    fn config(&self, data_dir: PathBuf) -> Result<Config, ConfigError> {
        let secret = |name| Ok(Some(self.text(name)?.0).filter(|text| !text.is_empty()).map(Secret));
        let seconds =
            |name| self.parse(name, "a whole number of seconds, at least 1").map(Duration::from_secs);
        let size = |name| self.parse::<u32>(name, "a whole number of bytes").map(|bytes| bytes as usize);
        let number = |name| self.parse::<u32>(name, "a whole number").map(|number| number as usize);
        let mut values = BTreeMap::new();
        for setting in SETTINGS {
            let (text, origin) = self.text(setting.name)?;
            let shown = if setting.secret && !text.is_empty() { "••••".to_owned() } else { text };
            values.insert(setting.name, Value { shown, origin });
        }
        Ok(Config {
            data_dir,
            listen: self.parse("listen", "an address and port such as 127.0.0.1:7979")?,
            database_url: secret("database_url")?,
            redis_url: secret("redis_url")?,
            redis_ca: self.redis_ca()?,
            server_key: secret("server_key")?,
            master_key: secret("master_key")?,
            old_master_keys: secret("old_master_keys")?,
            transit: self.transit()?,
            log: self.text("log")?.0,
            body_bytes: size("body_bytes")?,
            push_bytes: size("push_bytes")?,
            cache_bytes: size("cache_bytes")?,
            answer_bytes: size("answer_bytes")?,
            max_requests: number("max_requests")?,
            outbound: self.outbound()?,
            public_url: self.public_url()?,
            password_login: self.parse("password_login", "true or false")?,
            access: seconds("access_seconds")?,
            session_idle: seconds("session_idle_seconds")?,
            session: seconds("session_seconds")?,
            cli_session: seconds("cli_session_seconds")?,
            secrets: self.secrets()?,
            tls: self.tls()?,
            trusted_proxies: self.networks("trusted_proxies")?,
            rates: self.rates()?,
            limits: ListenLimits {
                first_byte: seconds("first_byte_seconds")?,
                header: seconds("header_seconds")?,
                body_idle: seconds("body_idle_seconds")?,
                body_total: seconds("body_total_seconds")?,
                keep_alive: seconds("keep_alive_seconds")?,
                stop: seconds("stop_seconds")?,
                connections: number("max_connections")?,
                streams: number("max_streams")?,
            },
            streams: StreamLimits {
                total: number("max_streams")?,
                per_caller: number("streams_per_key")?,
                heartbeat: seconds("stream_heartbeat_seconds")?,
            },
            oidc: self.oidc()?,
            values,
        })
    }

    /// A setting's text and its origin: flag, environment, file whose name is in the environment, file, default.
    fn text(&self, name: &'static str) -> Result<(String, Origin), ConfigError> {
        if let Some(value) = self.flags.get(name) {
            return Ok((value.clone(), Origin::Flag));
        }
        let setting = settings::find(name);
        for variable in setting.variables() {
            if let Some(value) = self.environment.get(&variable) {
                return Ok((value.clone(), Origin::Environment(variable)));
            }
            let variable = format!("{variable}_FILE");
            if let Some(path) = self.environment.get(&variable).filter(|_| setting.secret) {
                let text = std::fs::read_to_string(path)
                    .map_err(|source| ConfigError::File { path: path.clone(), source })?;
                return Ok((text.trim().to_owned(), Origin::Environment(variable)));
            }
        }
        for file in &self.files {
            if let Some(value) = file.values.get(name) {
                return Ok((value.clone(), Origin::File(file.path.clone())));
            }
        }
        Ok((self.defaults.get(name).cloned().unwrap_or_default(), Origin::Default))
    }

    /// An address without anything that could lead elsewhere, and without the slash at its end.
    fn public_url(&self) -> Result<String, ConfigError> {
        let (text, origin) = self.text("public_url")?;
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let plain =
            |rest: &str| !rest.is_empty() && !rest.contains(['?', '#', '@', '\\', ' ', '"', '<', '>']);
        if !text.is_empty() && !rest.is_some_and(plain) {
            let expected = "an address such as https://prompts.example.com";
            return Err(ConfigError::Value { name: "public_url", origin, expected });
        }
        Ok(text.trim_end_matches('/').to_owned())
    }

    fn parse<T: std::str::FromStr>(
        &self,
        name: &'static str,
        expected: &'static str,
    ) -> Result<T, ConfigError> {
        let (text, origin) = self.text(name)?;
        text.parse().map_err(|_| ConfigError::Value { name, origin, expected })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(
        flags: &[(&'static str, &str)],
        environment: &[(&str, &str)],
        folder: &Path,
    ) -> Result<Config, ConfigError> {
        let flags = flags.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let environment =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Config::merge(&flags, &environment, folder)
    }

    #[test]
    fn a_flag_wins_over_the_environment_and_that_over_a_file() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(
            folder.path().join("promptsync.toml"),
            "[server]\nlisten = \"0.0.0.0:1\"\nlog = \"info\"\n",
        )
        .expect("a file");
        let config = merged(&[("listen", "0.0.0.0:3")], &[("PROMPTSYNC_LISTEN", "0.0.0.0:2")], folder.path())
            .expect("fits");
        assert_eq!((config.listen.port(), &config.values["listen"].origin), (3, &Origin::Flag));
        let config = merged(&[], &[("PROMPTSYNC_LISTEN", "0.0.0.0:2")], folder.path()).expect("fits");
        assert_eq!(config.listen.port(), 2);
        let config = merged(&[], &[], folder.path()).expect("fits");
        assert_eq!((config.listen.port(), config.log.as_str()), (1, "info"));
        assert_eq!(config.values["log"].origin, Origin::File(folder.path().join("promptsync.toml")));
        assert_eq!(config.values["body_bytes"].origin, Origin::Default);
    }

    #[test]
    fn a_secret_is_read_from_a_file_and_never_shown() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("url");
        std::fs::write(&file, "postgres://u:hunter2@h/d\n").expect("a file");
        let path = file.display().to_string();
        let config = merged(&[], &[("PROMPTSYNC_DATABASE_URL_FILE", &path)], folder.path()).expect("fits");
        assert_eq!(config.database_url.as_ref().map(|url| url.0.as_str()), Some("postgres://u:hunter2@h/d"));
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn a_mistake_names_the_setting_and_its_origin() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = merged(&[], &[("PROMPTSYNC_LISTEN", "here")], folder.path()).expect_err("no address");
        assert_eq!(
            error.to_string(),
            "listen (from PROMPTSYNC_LISTEN) must be an address and port such as 127.0.0.1:7979"
        );
        std::fs::write(folder.path().join("promptsync.toml"), "[server]\nlisen = \"x\"\n").expect("a file");
        let error = merged(&[], &[], folder.path()).expect_err("no such setting");
        assert!(matches!(error, ConfigError::Unknown { nearest: Some("listen"), .. }), "{error:?}");
    }
}
