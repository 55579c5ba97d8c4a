//! Where the values of secrets come from.
//!
//! A [`Backend`] reads one secret by its path: from the environment, from a folder of files, from a Vault (HashiCorp's or
//! OpenBao, KV version 2) or from AWS Secrets Manager. [`Fields::pick`] takes the field a reference asks for. [`Cache`]
//! keeps what came over the network, in memory and for a while. [`Vault::wrap`] lets a Vault's transit engine encrypt.
//!
//! Values live in [`SecretValue`](promptsync_core::secrets::SecretValue), which is not printed and is wiped. No error
//! holds one, nor anything that a server answered.
#![warn(missing_docs)]

pub mod aws;
mod cache;
pub mod environment;
mod error;
mod fields;
pub mod file;
pub mod vault;

use promptsync_core::secrets::SecretRef;

pub use aws::Aws;
pub use cache::{Cache, CacheKey};
pub use environment::Environment;
pub use error::ReadError;
pub use fields::Fields;
pub use file::Files;
pub use vault::Vault;

/// The longest value, in bytes.
pub const MAX_VALUE: usize = 64 << 10;

/// A place that secrets are read from.
#[derive(Debug)]
pub enum Backend {
    /// Variables of the process.
    Environment(Environment),
    /// Files of a folder.
    Files(Files),
    /// A Vault.
    Vault(Box<Vault>),
    /// AWS Secrets Manager.
    Aws(Box<Aws>),
}

impl Backend {
    /// Reads the secret of a reference, all its fields when the backend gives them together.
    pub async fn read(&self, reference: &SecretRef) -> Result<Fields, ReadError> {
        match self {
            Self::Environment(environment) => environment.read(reference),
            Self::Files(files) => files.read(reference).await,
            Self::Vault(vault) => vault.read(reference.path()).await,
            Self::Aws(aws) => aws.read(reference.path()).await,
        }
    }

    /// Whether reading costs a call to another server, so that what was read is worth keeping.
    pub fn is_remote(&self) -> bool {
        matches!(self, Self::Vault(_) | Self::Aws(_))
    }

    /// Says whether the backend can be used: signs in to a Vault, asks AWS for a secret that does not exist.
    pub async fn test(&self) -> Result<(), ReadError> {
        match self {
            Self::Environment(_) => Ok(()),
            Self::Files(files) => files.test(),
            Self::Vault(vault) => vault.test().await,
            Self::Aws(aws) => aws.test().await,
        }
    }
}
