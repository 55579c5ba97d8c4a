//! Settings of calls to other people's servers.

use promptsync_outbound::{Network, Policy};

use super::{ConfigError, Found};

impl Found<'_> {
    /// Which networks and ports may be called.
    pub(super) fn outbound(&self) -> Result<Policy, ConfigError> {
        Ok(Policy {
            allow: self.networks("outbound_allow")?,
            ports: self.list("outbound_ports", "port numbers with commas between them")?,
        })
    }

    /// A list of networks.
    pub(super) fn networks(&self, name: &'static str) -> Result<Vec<Network>, ConfigError> {
        self.list(name, "networks such as 10.0.0.0/8, with commas between them")
    }

    /// A list with commas between its parts; empty when the text is.
    pub(super) fn list<T: std::str::FromStr>(
        &self,
        name: &'static str,
        expected: &'static str,
    ) -> Result<Vec<T>, ConfigError> {
        let (text, origin) = self.text(name)?;
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(str::parse).collect::<Result<_, _>>().map_err(|_| ConfigError::Value {
            name,
            origin,
            expected,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::{Config, ConfigError};

    fn merged(name: &'static str, value: &str) -> Result<Config, ConfigError> {
        Config::merge(&[(name, value.to_owned())].into(), &[].into(), Path::new("none"))
    }

    #[test]
    fn the_default_calls_no_private_network_and_no_other_ports_than_the_libraries_default() {
        let config = Config::merge(&[].into(), &[].into(), Path::new("none")).expect("the defaults fit");
        assert_eq!(config.outbound, promptsync_outbound::Policy::default());
    }

    #[test]
    fn an_operator_names_networks_and_ports() {
        let config = merged("outbound_allow", "10.0.0.0/8, ::1").expect("fits");
        let shown: Vec<_> = config.outbound.allow.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["10.0.0.0/8", "::1/128"]);
        assert_eq!(merged("outbound_ports", "443,9000").expect("fits").outbound.ports, [443, 9000]);
        for (name, bad) in
            [("outbound_allow", "10.0.0.0/33"), ("outbound_allow", "intranet"), ("outbound_ports", "70000")]
        {
            assert!(matches!(merged(name, bad), Err(ConfigError::Value { .. })), "{bad}");
        }
    }
}
