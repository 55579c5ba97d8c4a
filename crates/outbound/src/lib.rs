//! The one door to other people's servers.
//!
//! Users name URLs that the server then calls: of connectors, webhooks, secret stores, identity providers. Somebody will
//! name the server's own network. So every call goes through [`Client`], which holds a [`Policy`]:
//!
//! 1. The text of the URL is judged before each request. What two parsers could read differently is refused, and an
//!    address instead of a name is judged here, because it never reaches a resolver.
//! 2. A name is resolved by the client, once, and every address it stands for is judged. The connection goes to those
//!    addresses and to no others: a name that means something else a moment later (DNS rebinding) gains nothing.
//! 3. Redirects are not followed, proxies of the environment not used, answers not decompressed. Time and size end.
//!
//! ```
//! use promptsync_outbound::{Client, Policy};
//!
//! let client = Client::new(Policy::default());
//! assert!(client.policy().check("https://vault.example.com/v1/secret").is_ok());
//! assert!(client.policy().check("http://169.254.169.254/latest/meta-data").is_err());
//! ```
#![warn(missing_docs)]

mod addresses;
mod client;
mod network;
mod policy;
mod refusal;
mod resolver;

pub use addresses::{Kind, kind};
pub use client::{Client, Limits, SendError};
pub use network::{BadNetwork, Network};
pub use policy::Policy;
pub use refusal::Refused;
pub use resolver::{Found, Lookup, SystemLookup};
