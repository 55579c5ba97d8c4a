//! Why a URL is not called.

use crate::Kind;

/// Why a URL is not called. The texts are for whoever wrote the URL, so they name no address that a name stands for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is not a URL, or one that programs read differently.
    #[error("the URL {problem}")]
    Form {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Another scheme than `https` and `http`.
    #[error("a URL begins with https:// or http://")]
    Scheme,
    /// A user name or password before the host.
    #[error("a URL holds no user name and no password")]
    UserInfo,
    /// The host is not written in its plain form: `0x7f.1`, `2130706433`, `%31`, a trailing dot.
    #[error(
        "the host is not written plainly; write a name such as api.example.com, or an address in its usual form"
    )]
    Host,
    /// The name is one that clouds use for their machines' credentials.
    #[error("the host is a cloud's metadata service")]
    MetadataName,
    /// The port is not on the list.
    #[error("port {port} is not one this server calls")]
    Port {
        /// The port.
        port: u16,
    },
    /// The address, or one the name stands for, is not public.
    #[error("the host is {kind}, which this server does not call")]
    Address {
        /// What the address is for.
        kind: Kind,
    },
}

impl Refused {
    /// What an operator can do about it; nothing when only another URL helps.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Address { .. } => {
                Some("the operator of the server can name networks to call in `outbound_allow`")
            }
            Self::Port { .. } => {
                Some("the operator of the server can name ports to call in `outbound_ports`")
            }
            _ => None,
        }
    }
}
