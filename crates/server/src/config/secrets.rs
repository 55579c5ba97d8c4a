//! Settings of where secrets come from.

use std::{collections::BTreeSet, path::PathBuf, str::FromStr, sync::Arc, time::Duration};

use promptsync_core::connectors::ConnectorKind;
use promptsync_secrets::{Environment, aws::Ambient};

use super::{ConfigError, Found};

/// Where secrets may come from.
#[derive(Clone, Debug)]
pub struct SecretSettings {
    /// The kinds of connectors that workspaces may set up.
    pub kinds: BTreeSet<ConnectorKind>,
    /// Whether AWS may be called with the server's own credentials.
    pub aws_ambient: bool,
    /// The folder of secrets in files.
    pub folder: Option<PathBuf>,
    /// How long a secret from another server is kept in memory.
    pub keep: Duration,
    /// How long one waits for a secret.
    pub timeout: Duration,
    /// Secrets in variables of the process.
    pub environment: Environment,
    /// The server's own credentials for AWS.
    pub aws: Arc<Ambient>,
}

/// One word of `secret_backends`.
enum Word {
    Kind(ConnectorKind),
    AwsAmbient,
}

impl FromStr for Word {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        if word == "aws_ambient" {
            return Ok(Self::AwsAmbient);
        }
        ConnectorKind::parse(word).map(Self::Kind).ok_or(())
    }
}

impl Found<'_> {
    /// Where secrets may come from.
    pub(super) fn secrets(&self) -> Result<SecretSettings, ConfigError> {
        let words: Vec<Word> =
            self.list("secret_backends", "words of vault, aws, environment, file, aws_ambient")?;
        let seconds = |name| self.parse(name, "a whole number of seconds").map(Duration::from_secs);
        let variables = || self.environment.iter().map(|(name, value)| (name.clone(), value.clone()));
        Ok(SecretSettings {
            aws_ambient: words.iter().any(|word| matches!(word, Word::AwsAmbient)),
            kinds: words
                .iter()
                .filter_map(|word| match word {
                    Word::Kind(kind) => Some(*kind),
                    Word::AwsAmbient => None,
                })
                .collect(),
            folder: Some(self.text("secret_folder")?.0).filter(|text| !text.is_empty()).map(PathBuf::from),
            keep: seconds("secret_cache_seconds")?,
            timeout: seconds("secret_timeout_seconds")?.max(Duration::from_secs(1)),
            environment: Environment::new(variables()),
            aws: Arc::new(Ambient::new(variables())),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    fn merged(name: &'static str, value: &str) -> Result<Config, ConfigError> {
        Config::merge(&[(name, value.to_owned())].into(), &[].into(), Path::new("none"))
    }

    #[test]
    fn the_server_s_own_secrets_are_open_to_nobody_unless_the_operator_says_so() {
        let usual = merged("log", "warn").expect("fits").secrets;
        assert_eq!(usual.kinds, [ConnectorKind::Vault, ConnectorKind::Aws].into());
        assert!(!usual.aws_ambient);
        let more = merged("secret_backends", "environment, file,aws_ambient").expect("fits").secrets;
        assert_eq!(more.kinds, [ConnectorKind::Environment, ConnectorKind::File].into());
        assert!(more.aws_ambient);
        assert!(matches!(merged("secret_backends", "vault, disk"), Err(ConfigError::Value { .. })));
    }

    #[test]
    fn a_configuration_shows_no_secret_of_the_environment() {
        let environment = [
            ("PROMPTSYNC_SECRET_A".to_owned(), "hunter2".to_owned()),
            ("AWS_SECRET_ACCESS_KEY".to_owned(), "hunter3".to_owned()),
        ];
        let config = Config::merge(&[].into(), &environment.into(), Path::new("none")).expect("fits");
        assert!(!format!("{config:?}").contains("hunter"));
    }
}
