//! Settings of the edge: TLS on either side, proxies in front, rates.

use std::path::PathBuf;

use super::{ConfigError, Found};
use crate::{listen::TlsFiles, rates::RateLimits};

impl Found<'_> {
    /// The files of TLS; nothing when neither is named.
    pub(super) fn tls(&self) -> Result<Option<TlsFiles>, ConfigError> {
        let (certificate, _) = self.text("tls_certificate")?;
        let (key, _) = self.text("tls_key")?;
        let missing = |name| {
            let origin = self.text(name)?.1;
            Err(ConfigError::Value { name, origin, expected: "a file, because its counterpart is one" })
        };
        match (certificate.is_empty(), key.is_empty()) {
            (true, true) => Ok(None),
            (true, false) => missing("tls_certificate"),
            (false, true) => missing("tls_key"),
            (false, false) => {
                Ok(Some(TlsFiles { certificate: PathBuf::from(certificate), key: PathBuf::from(key) }))
            }
        }
    }

    /// The authorities that Redis' certificate may come from, as PEM.
    pub(super) fn redis_ca(&self) -> Result<Option<Vec<u8>>, ConfigError> {
        let (path, origin) = self.text("redis_ca")?;
        if path.is_empty() {
            return Ok(None);
        }
        if !self.text("redis_url")?.0.starts_with("rediss://") {
            let expected = "empty, because redis_url does not begin with rediss://";
            return Err(ConfigError::Value { name: "redis_ca", origin, expected });
        }
        std::fs::read(&path).map(Some).map_err(|source| ConfigError::File { path, source })
    }

    /// How much one caller, one workspace, one address may ask for.
    pub(super) fn rates(&self) -> Result<RateLimits, ConfigError> {
        let rate = |name| self.parse::<u32>(name, "a whole number of requests a second; 0 for no limit");
        Ok(RateLimits {
            caller: rate("rate_caller")?,
            workspace: rate("rate_workspace")?,
            address: rate("rate_address")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::{Config, ConfigError};

    #[test]
    fn a_certificate_without_its_key_is_a_mistake() {
        let merged = |name, value: &str| {
            Config::merge(&[(name, value.to_owned())].into(), &[].into(), Path::new("none"))
        };
        for (given, wanted) in [("tls_certificate", "tls_key"), ("tls_key", "tls_certificate")] {
            let error = merged(given, "a.pem").expect_err("one of two");
            assert!(matches!(error, ConfigError::Value { name, .. } if name == wanted), "{error}");
        }
        assert!(merged("rate_caller", "many").is_err());
        assert_eq!(merged("listen", "127.0.0.1:1").expect("fits").tls, None);
    }

    #[test]
    fn authorities_of_a_redis_without_tls_or_in_no_file_are_a_mistake() {
        let merged = |url: &str, ca: &str| {
            let flags = [("redis_url", url.to_owned()), ("redis_ca", ca.to_owned())];
            Config::merge(&flags.into(), &[].into(), Path::new("none"))
        };
        for url in ["", "redis://localhost/0"] {
            let error = merged(url, "ca.pem").expect_err("no TLS");
            assert!(matches!(error, ConfigError::Value { name: "redis_ca", .. }), "{error}");
        }
        let error = merged("rediss://localhost/0", "nowhere.pem").expect_err("no file");
        assert!(matches!(&error, ConfigError::File { path, .. } if path == "nowhere.pem"), "{error}");
    }
}
