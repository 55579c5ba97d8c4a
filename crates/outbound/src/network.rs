//! A network as operators write it: `10.0.0.0/8`, `fd00::/8`, or one address.

use std::{fmt, net::IpAddr, str::FromStr};

/// All addresses that begin with the same bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    bits: u8,
}

/// A text that names no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no network such as 10.0.0.0/8, fd00::/8 or 192.168.1.7")]
pub struct BadNetwork {
    /// The text.
    pub text: String,
}

impl Network {
    /// The network that begins with the first `bits` bits of an address; nothing when it has fewer.
    pub const fn new(first: IpAddr, bits: u8) -> Option<Self> {
        let most = if first.is_ipv4() { 32 } else { 128 };
        if bits <= most { Some(Self { first, bits }) } else { None }
    }

    /// Whether an address lies in it. An IPv4 address lies in no IPv6 network, not even a mapped one.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                let differing = first.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= u32::from(self.bits)
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                let differing = first.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= u32::from(self.bits)
            }
            _ => false,
        }
    }

    /// Whether it is one address alone.
    pub fn is_single(&self) -> bool {
        self.bits == if self.first.is_ipv4() { 32 } else { 128 }
    }

    /// Reads a list with commas or spaces between its networks.
    pub fn list(text: &str) -> Result<Vec<Self>, BadNetwork> {
        let parts = text.split(|c: char| c == ',' || c.is_whitespace());
        parts.filter(|part| !part.is_empty()).map(str::parse).collect()
    }
}

impl FromStr for Network {
    type Err = BadNetwork;

    fn from_str(text: &str) -> Result<Self, BadNetwork> {
        let bad = || BadNetwork { text: text.to_owned() };
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let first: IpAddr = address.parse().map_err(|_| bad())?;
        let whole = if first.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => whole,
            Some(bits) if bits.bytes().all(|byte| byte.is_ascii_digit()) => {
                bits.parse().map_err(|_| bad())?
            }
            Some(_) => return Err(bad()),
        };
        Self::new(first, bits).ok_or_else(bad)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_its_first_and_last_address_and_not_its_neighbours() {
        let cases = [
            ("10.0.0.0/8", "10.0.0.0", "10.255.255.255", "11.0.0.0"),
            ("172.16.0.0/12", "172.16.0.0", "172.31.255.255", "172.32.0.0"),
            ("192.168.1.7", "192.168.1.7", "192.168.1.7", "192.168.1.8"),
            ("0.0.0.0/0", "0.0.0.0", "255.255.255.255", "::"),
            ("fc00::/7", "fc00::", "fdff::1", "fe00::"),
            ("::1", "::1", "::1", "127.0.0.1"),
            ("::/0", "::", "ffff::", "1.2.3.4"),
        ];
        for (network, first, last, outside) in cases {
            let network: Network = network.parse().expect(network);
            let holds = |address: &str| network.contains(address.parse().expect(address));
            assert_eq!((holds(first), holds(last), holds(outside)), (true, true, false), "{network}");
        }
    }

    #[test]
    fn a_text_that_is_no_network_is_refused() {
        for bad in [
            "",
            "10",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "host",
            "1.2.3.4:80",
        ] {
            assert_eq!(bad.parse::<Network>(), Err(BadNetwork { text: bad.to_owned() }));
        }
        let list = Network::list(" 10.0.0.0/8,\n::1 ").expect("two networks");
        assert_eq!(list.iter().map(ToString::to_string).collect::<Vec<_>>(), ["10.0.0.0/8", "::1/128"]);
        assert_eq!(Network::list(""), Ok(Vec::new()));
    }
}
