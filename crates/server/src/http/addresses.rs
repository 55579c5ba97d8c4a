//! Whose address a request comes from: the connection's, or what a proxy in front says when the operator trusts it.

use std::net::{IpAddr, Ipv6Addr};

use hyper::header::HeaderName;
use promptsync_outbound::Network;

use super::fields::Fields;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client's address. Proxies append who they heard from, so the list is read from its end, and believed as far as
/// trusted proxies wrote it: what a client invents stands before.
pub(crate) fn client(trusted: &[Network], peer: IpAddr, fields: &(impl Fields + ?Sized)) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    if !is_trusted(client) {
        return client;
    }
    for line in fields.all(&FORWARDED_FOR).rev() {
        let Ok(line) = std::str::from_utf8(line) else { return client };
        for part in line.rsplit(',') {
            let Ok(said) = part.trim().parse::<IpAddr>() else { return client };
            client = said.to_canonical();
            if !is_trusted(client) {
                return client;
            }
        }
    }
    client
}

/// Who an address stands for: with IPv6 one customer has a whole /64.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.into(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use hyper::HeaderMap;

    use super::*;

    fn seen(peer: &str, lines: &[&str]) -> String {
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|text| text.parse().expect(text));
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, line.parse().expect("a header"));
        }
        client(&trusted, peer.parse().expect(peer), &headers).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        assert_eq!(seen("198.51.100.7", &["1.2.3.4"]), "198.51.100.7");
        assert_eq!(seen("10.0.0.1", &["1.2.3.4"]), "1.2.3.4");
        assert_eq!(seen("::ffff:10.0.0.1", &["1.2.3.4"]), "1.2.3.4");
        assert_eq!(seen("fd00::1", &["2001:db8::5"]), "2001:db8::5");
        assert_eq!(seen("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn what_the_client_wrote_itself_is_not_believed() {
        assert_eq!(seen("10.0.0.1", &["6.6.6.6, 1.2.3.4"]), "1.2.3.4");
        assert_eq!(seen("10.0.0.1", &["6.6.6.6", "1.2.3.4, 10.0.0.2"]), "1.2.3.4");
        assert_eq!(seen("10.0.0.1", &["6.6.6.6, 10.9.9.9, 1.2.3.4,10.0.0.2"]), "1.2.3.4");
        assert_eq!(seen("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
    }

    #[test]
    fn a_list_that_cannot_be_read_is_believed_up_to_there() {
        for garbage in ["unknown", "1.2.3.4:80", "", "<script>", "1.2.3"] {
            assert_eq!(
                seen("10.0.0.1", &[&format!("6.6.6.6, {garbage}, 10.0.0.2")]),
                "10.0.0.2",
                "{garbage}"
            );
        }
    }

    #[test]
    fn all_addresses_of_an_ipv6_customer_are_one() {
        let one = network("2001:db8:1:2:3:4:5:6".parse().expect("an address"));
        assert_eq!(one, network("2001:db8:1:2::".parse().expect("an address")));
        assert_ne!(one, network("2001:db8:1:3::".parse().expect("an address")));
        assert_eq!(network("::ffff:1.2.3.4".parse().expect("an address")).to_string(), "1.2.3.4");
    }
}
