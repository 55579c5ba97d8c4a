//! What an address is for, after the registries of special-purpose addresses (RFC 6890 and its successors).

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use crate::Network;

/// What an address is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A machine on the internet.
    Public,
    /// Where a cloud tells its machines their own credentials.
    Metadata,
    /// This machine.
    Loopback,
    /// A network of one's own.
    Private,
    /// The cable one is connected to.
    LinkLocal,
    /// Between a provider and its customers.
    Shared,
    /// Many machines at once.
    Multicast,
    /// Examples in documents, measurements.
    Documentation,
    /// An IPv4 address inside an IPv6 one.
    Translated,
    /// No machine at all.
    Reserved,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "a public address",
            Self::Metadata => "an address of a cloud's metadata service",
            Self::Loopback => "a loopback address",
            Self::Private => "a private address",
            Self::LinkLocal => "a link-local address",
            Self::Shared => "an address shared by a provider's customers",
            Self::Multicast => "a multicast address",
            Self::Documentation => "an address for documents and measurements",
            Self::Translated => "an IPv6 address that stands for an IPv4 address",
            Self::Reserved => "a reserved address",
        })
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, bits: u8) -> Network {
    net(IpAddr::V4(Ipv4Addr::new(a, b, c, d)), bits)
}

const fn v6(a: u16, b: u16, c: u16, rest: u16, bits: u8) -> Network {
    net(IpAddr::V6(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, rest)), bits)
}

const fn net(first: IpAddr, bits: u8) -> Network {
    match Network::new(first, bits) {
        Some(network) => network,
        None => panic!("a table of this file has a network with too many bits"),
    }
}

/// What is not public; the first row that holds an address counts.
const SPECIAL: [(Network, Kind); 44] = [
    (v4(169, 254, 169, 254, 32), Kind::Metadata),
    (v4(169, 254, 170, 2, 32), Kind::Metadata),
    (v4(169, 254, 170, 23, 32), Kind::Metadata),
    (v4(100, 100, 100, 200, 32), Kind::Metadata),
    (v4(192, 0, 0, 192, 32), Kind::Metadata),
    // It looks public, and answers every machine of that cloud.
    (v4(168, 63, 129, 16, 32), Kind::Metadata),
    (v6(0xfd00, 0xec2, 0, 0x254, 128), Kind::Metadata),
    (v6(0xfd00, 0xec2, 0, 0x23, 128), Kind::Metadata),
    (v6(0xfd20, 0xce, 0, 0x254, 128), Kind::Metadata),
    (v4(0, 0, 0, 0, 8), Kind::Reserved),
    (v4(10, 0, 0, 0, 8), Kind::Private),
    (v4(100, 64, 0, 0, 10), Kind::Shared),
    (v4(127, 0, 0, 0, 8), Kind::Loopback),
    (v4(169, 254, 0, 0, 16), Kind::LinkLocal),
    (v4(172, 16, 0, 0, 12), Kind::Private),
    (v4(192, 0, 0, 0, 24), Kind::Reserved),
    (v4(192, 0, 2, 0, 24), Kind::Documentation),
    (v4(192, 31, 196, 0, 24), Kind::Reserved),
    (v4(192, 52, 193, 0, 24), Kind::Reserved),
    (v4(192, 88, 99, 0, 24), Kind::Translated),
    (v4(192, 168, 0, 0, 16), Kind::Private),
    (v4(192, 175, 48, 0, 24), Kind::Reserved),
    (v4(198, 18, 0, 0, 15), Kind::Documentation),
    (v4(198, 51, 100, 0, 24), Kind::Documentation),
    (v4(203, 0, 113, 0, 24), Kind::Documentation),
    (v4(224, 0, 0, 0, 4), Kind::Multicast),
    (v4(240, 0, 0, 0, 4), Kind::Reserved),
    (v6(0, 0, 0, 1, 128), Kind::Loopback),
    (v6(0, 0, 0, 0, 128), Kind::Reserved),
    (net(IpAddr::V6(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0)), 96), Kind::Translated),
    (net(IpAddr::V6(Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0)), 96), Kind::Translated),
    (v6(0, 0, 0, 0, 96), Kind::Translated),
    (v6(0x64, 0xff9b, 0, 0, 96), Kind::Translated),
    (v6(0x64, 0xff9b, 1, 0, 48), Kind::Translated),
    (v6(0x2001, 0, 0, 0, 32), Kind::Translated),
    (v6(0x2001, 0xdb8, 0, 0, 32), Kind::Documentation),
    (v6(0x2001, 0, 0, 0, 23), Kind::Reserved),
    (v6(0x2002, 0, 0, 0, 16), Kind::Translated),
    (v6(0x3fff, 0, 0, 0, 20), Kind::Documentation),
    (v6(0xfc00, 0, 0, 0, 7), Kind::Private),
    (v6(0xfe80, 0, 0, 0, 10), Kind::LinkLocal),
    (v6(0xfec0, 0, 0, 0, 10), Kind::Private),
    (v6(0xff00, 0, 0, 0, 8), Kind::Multicast),
    (v6(0x2620, 0x4f, 0x8000, 0, 48), Kind::Reserved),
];

/// The part of IPv6 that is given out to the internet; everything else is reserved.
const GIVEN_OUT: Network = v6(0x2000, 0, 0, 0, 3);

/// What an address is for.
pub fn kind(address: IpAddr) -> Kind {
    let special = SPECIAL.iter().find(|(network, _)| network.contains(address)).map(|(_, kind)| *kind);
    let otherwise =
        if address.is_ipv4() || GIVEN_OUT.contains(address) { Kind::Public } else { Kind::Reserved };
    special.unwrap_or(otherwise)
}
