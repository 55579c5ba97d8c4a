//! Who calls AWS: a key that was stored, or what the process was given.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use bytes::Bytes;
use chrono::TimeDelta;
use http::{Request, StatusCode};
use promptsync_core::{secrets::SecretValue, time::Timestamp};
use promptsync_outbound::{Client, Network, Policy};
use serde::Deserialize;

use crate::ReadError;

/// Where containers on ECS ask for credentials.
const CONTAINER: &str = "http://169.254.170.2";

/// The variable that names another place for it.
const FULL_URI: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";

/// An access key.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Its id, which is no secret.
    pub access_key: String,
    /// The key itself.
    pub secret_key: SecretValue,
    /// The token of a key that was lent.
    pub session_token: Option<SecretValue>,
}

/// An access key as it is stored with a connector, and as containers are given one.
#[derive(Deserialize)]
struct Written {
    #[serde(alias = "AccessKeyId")]
    access_key_id: String,
    #[serde(alias = "SecretAccessKey")]
    secret_access_key: String,
    #[serde(alias = "Token", default)]
    session_token: Option<String>,
    #[serde(rename = "Expiration", default)]
    expires_at: Option<Timestamp>,
}

impl Credentials {
    /// Reads a stored key: a JSON object with `access_key_id`, `secret_access_key` and maybe `session_token`.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str::<Written>(text).ok().map(Self::from)
    }
}

impl From<Written> for Credentials {
    fn from(written: Written) -> Self {
        Self {
            access_key: written.access_key_id,
            secret_key: SecretValue::new(written.secret_access_key),
            session_token: written.session_token.map(SecretValue::new),
        }
    }
}

/// Where the access key comes from.
#[derive(Debug)]
pub enum CredentialSource {
    /// It was stored.
    Stored(Credentials),
    /// The process has it: in its environment, in AWS's own file, or from the container's host.
    Ambient(Arc<Ambient>),
}

/// What the environment says about credentials.
#[derive(Debug)]
pub struct Ambient {
    variables: BTreeMap<String, SecretValue>,
    home: Option<PathBuf>,
    /// Credentials that were lent, and when new ones are needed.
    lent: tokio::sync::Mutex<Option<(Credentials, Timestamp)>>,
    /// Calls the container's host, which is no address that others may name.
    host: Client,
}

impl Ambient {
    /// Keeps the variables that speak of AWS; the others are not looked at.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let (mut kept, mut home) = (BTreeMap::new(), None);
        for (name, value) in variables {
            if name == "HOME" {
                home = Some(PathBuf::from(value));
            } else if name.starts_with("AWS_") {
                kept.insert(name, SecretValue::new(value));
            }
        }
        let host = Client::new(host_policy(kept.get(FULL_URI).map(SecretValue::expose)));
        Self { variables: kept, home, lent: tokio::sync::Mutex::new(None), host }
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(SecretValue::expose).filter(|value| !value.is_empty())
    }

    fn of_environment(&self) -> Option<Credentials> {
        Some(Credentials {
            access_key: self.variable("AWS_ACCESS_KEY_ID")?.to_owned(),
            secret_key: SecretValue::new(self.variable("AWS_SECRET_ACCESS_KEY")?.to_owned()),
            session_token: self.variable("AWS_SESSION_TOKEN").map(|token| SecretValue::new(token.to_owned())),
        })
    }

    /// The profile of `~/.aws/credentials`.
    fn of_file(&self) -> Option<Credentials> {
        let path = match self.variable("AWS_SHARED_CREDENTIALS_FILE") {
            Some(path) => PathBuf::from(path),
            None => self.home.as_ref()?.join(".aws/credentials"),
        };
        let text = zeroize::Zeroizing::new(std::fs::read_to_string(path).ok()?);
        profile(&text, self.variable("AWS_PROFILE").unwrap_or("default"))
    }

    /// What the container's host lends; renewed before it ends.
    async fn of_container(&self, now: Timestamp) -> Result<Option<Credentials>, ReadError> {
        let relative =
            self.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").map(|path| format!("{CONTAINER}{path}"));
        let full = self.variable(FULL_URI).map(str::to_owned);
        let Some(url) = relative.or(full) else { return Ok(None) };
        let mut lent = self.lent.lock().await;
        if let Some((credentials, _)) = lent.as_ref().filter(|(_, until)| now < *until) {
            return Ok(Some(credentials.clone()));
        }
        let mut request = Request::get(url);
        let token = match self.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            Some(path) => std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned()),
            None => self.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN").map(str::to_owned),
        };
        if let Some(token) = token {
            request = request.header("authorization", token);
        }
        let request = request.body(Bytes::new()).map_err(|_| ReadError::NoCredentials)?;
        let answer = self.host.send(request).await?;
        if answer.status() != StatusCode::OK {
            return Err(ReadError::NoCredentials);
        }
        let written: Written = serde_json::from_slice(answer.body()).map_err(|_| ReadError::NoCredentials)?;
        // Five minutes before they end, as AWS's own libraries do.
        let until = written.expires_at.map_or(now, |at| at - TimeDelta::minutes(5));
        let credentials = Credentials::from(written);
        *lent = Some((credentials.clone(), until));
        Ok(Some(credentials))
    }
}

impl CredentialSource {
    /// The access key to sign with now.
    pub(super) async fn get(&self, now: Timestamp) -> Result<Credentials, ReadError> {
        match self {
            Self::Stored(credentials) => Ok(credentials.clone()),
            Self::Ambient(ambient) => match ambient.of_environment().or_else(|| ambient.of_file()) {
                Some(credentials) => Ok(credentials),
                None => ambient.of_container(now).await?.ok_or(ReadError::NoCredentials),
            },
        }
    }
}

/// The host's own addresses, and the port that the operator's environment names.
fn host_policy(full_uri: Option<&str>) -> Policy {
    let named = full_uri.and_then(|url| url.parse::<http::Uri>().ok()).and_then(|url| url.port_u16());
    let addresses = "169.254.170.2, 169.254.170.23, 127.0.0.1, ::1, fd00:ec2::23";
    Policy {
        allow: Network::list(addresses).expect("these are addresses"),
        ports: [80, 443].into_iter().chain(named).collect(),
    }
}

/// One profile of AWS's file of credentials.
fn profile(text: &str, wanted: &str) -> Option<Credentials> {
    let mut inside = false;
    let mut found: BTreeMap<&str, &str> = BTreeMap::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            inside = name.trim() == wanted;
        } else if inside && let Some((name, value)) = line.split_once('=') {
            found.insert(name.trim(), value.trim());
        }
    }
    Some(Credentials {
        access_key: (*found.get("aws_access_key_id")?).to_owned(),
        secret_key: SecretValue::new((*found.get("aws_secret_access_key")?).to_owned()),
        session_token: found.get("aws_session_token").map(|token| SecretValue::new((*token).to_owned())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_credentials_is_read_by_profile() {
        let text = "[default]\naws_access_key_id = A\naws_secret_access_key = S\n\n# note\n[prod]\n\
                    aws_access_key_id=B\naws_secret_access_key=T\naws_session_token=U\n";
        assert_eq!(profile(text, "default").map(|one| one.access_key).as_deref(), Some("A"));
        let prod = profile(text, "prod").expect("a profile");
        assert_eq!(prod.access_key, "B");
        assert_eq!(prod.session_token.as_ref().map(SecretValue::expose), Some("U"));
        assert!(profile(text, "none").is_none());
        assert!(!format!("{prod:?}").contains('T'));
    }

    #[test]
    fn the_environment_comes_first() {
        let variables = [("AWS_ACCESS_KEY_ID", "A"), ("AWS_SECRET_ACCESS_KEY", "S"), ("OTHER", "x")];
        let ambient = Ambient::new(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(ambient.of_environment().map(|one| one.access_key).as_deref(), Some("A"));
        assert!(ambient.of_file().is_none());
    }
}
