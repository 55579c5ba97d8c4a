//! Why a master key cannot be used.

use std::io;

use promptsync_core::seal::KeyError;
use promptsync_secrets::ReadError;

/// A master key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// A text is not a key.
    #[error("{place} holds no master key")]
    Form {
        /// The setting or the file.
        place: String,
        /// What a key looks like.
        #[source]
        source: KeyError,
    },
    /// A file cannot be read or written.
    #[error("cannot use {path}")]
    File {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A key is wrapped, and this process cannot unwrap it.
    #[error(
        "the master key in {place} is wrapped by a Vault: master_key_transit must name the key that unwraps it"
    )]
    Wrapped {
        /// The setting or the file.
        place: String,
    },
    /// The Vault does not unwrap a key.
    #[error("the master key in {place} cannot be unwrapped with {transit} of the Vault")]
    Unwrap {
        /// The setting or the file.
        place: String,
        /// The transit key.
        transit: String,
        /// Why.
        #[source]
        source: ReadError,
    },
    /// The Vault does not wrap a new key, or does not unwrap what it wrapped.
    #[error("a new master key cannot be wrapped with {transit} of the Vault")]
    Wrap {
        /// The transit key.
        transit: String,
        /// Why.
        #[source]
        source: ReadError,
    },
}
