//! Which URLs and addresses may be called.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;

use crate::{Kind, Network, Refused, addresses};

/// Longer URLs are a mistake or an attack.
const MAX_BYTES: usize = 4096;

/// Names under which clouds give their machines credentials. Their addresses are refused too; a name is refused
/// earlier, before a resolver learns it.
const METADATA: [&str; 12] = [
    "instance-data",
    "instance-data.ec2.internal",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    "metadata",
    "metadata.azure.com",
    "metadata.azure.internal",
    "metadata.goog",
    "metadata.google.internal",
    "rancher-metadata",
];

/// Which URLs and addresses may be called. The default is the internet on the ports of the web and of Vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Networks that may be called although they are not public.
    pub allow: Vec<Network>,
    /// The only ports that are called.
    pub ports: Vec<u16>,
}

impl Default for Policy {
    fn default() -> Self {
        Self { allow: Vec::new(), ports: vec![80, 443, 8080, 8200, 8443] }
    }
}

impl Policy {
    /// Reads a URL, or says why it is not called. A name passes here; its addresses are judged when it is resolved.
    pub fn check(&self, text: &str) -> Result<Url, Refused> {
        let written = written_host(text)?;
        let url = Url::parse(text).map_err(|_| Refused::Form { problem: "cannot be read" })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::UserInfo);
        }
        let host = url.host_str().ok_or(Refused::Form { problem: "names no host" })?;
        match address(host) {
            Some(address) => {
                let is_plain = written.trim_start_matches('[').trim_end_matches(']').parse() == Ok(address);
                if !is_plain {
                    return Err(Refused::Host);
                }
                self.check_address(address)?;
            }
            None => self.check_name(host, written)?,
        }
        let port = url.port_or_known_default().unwrap_or_default();
        if !self.ports.contains(&port) {
            return Err(Refused::Port { port });
        }
        Ok(url)
    }

    /// Says why an address is not called.
    pub fn check_address(&self, address: IpAddr) -> Result<(), Refused> {
        match addresses::kind(address) {
            Kind::Public => Ok(()),
            // A network that happens to hold it does not open a metadata service; only its own address does.
            Kind::Metadata
                if self.allow.iter().any(|network| network.is_single() && network.contains(address)) =>
            {
                Ok(())
            }
            kind @ Kind::Metadata => Err(Refused::Address { kind }),
            _ if self.allow.iter().any(|network| network.contains(address)) => Ok(()),
            kind => Err(Refused::Address { kind }),
        }
    }

    fn check_name(&self, host: &str, written: &str) -> Result<(), Refused> {
        let is_plain = written.eq_ignore_ascii_case(host)
            && !host.split('.').any(str::is_empty)
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
        if !is_plain {
            return Err(Refused::Host);
        }
        if METADATA.contains(&host) {
            return Err(Refused::MetadataName);
        }
        let is_here = host == "localhost" || host.ends_with(".localhost");
        let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        if is_here && loopback.iter().all(|address| self.check_address(*address).is_err()) {
            return Err(Refused::Address { kind: Kind::Loopback });
        }
        Ok(())
    }
}

/// Finds the host in the text without the help of a parser that mends, and refuses what would have to be mended.
fn written_host(text: &str) -> Result<&str, Refused> {
    let form = |problem| Err(Refused::Form { problem });
    if text.len() > MAX_BYTES {
        return form("is too long");
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return form("holds spaces, control characters or letters outside of ASCII");
    }
    if text.contains(['\\', '"', '<', '>', '^', '`', '{', '|', '}']) {
        return form("holds characters that must be percent-encoded");
    }
    let (scheme, rest) = text.split_once("://").ok_or(Refused::Scheme)?;
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return Err(Refused::Scheme);
    }
    if rest.contains('#') {
        return form("holds a fragment, which is never sent");
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let authority = &rest[..end];
    if authority.contains('@') {
        return Err(Refused::UserInfo);
    }
    let host = match authority.strip_prefix('[') {
        Some(inside) => {
            let close = inside.find(']').ok_or(Refused::Host)?;
            let after = &inside[close + 1..];
            if !(after.is_empty() || after.starts_with(':')) {
                return Err(Refused::Host);
            }
            &authority[..close + 2]
        }
        None => authority.split(':').next().unwrap_or_default(),
    };
    if host.is_empty() { form("names no host") } else { Ok(host) }
}

/// The address a parsed host is, when it is none by name.
fn address(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}
