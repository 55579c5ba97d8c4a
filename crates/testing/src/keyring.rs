//! The keys of test databases.

use std::sync::Arc;

use promptsync_core::seal::MasterKey;
use promptsync_store::Keyring;

/// A keyring with a master key that is the same in every run.
pub fn keyring() -> Keyring {
    Keyring::new(vec![master()], Arc::new(promptsync_server::system_random))
}

/// The master key of [`keyring`].
pub fn master() -> MasterKey {
    MasterKey::from_bytes(&[0x5e; 32])
}
