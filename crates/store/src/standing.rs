//! What a writer may take for granted: what the last change of this process read under the workspace's lock, as long as
//! nobody has written since. The hash of the chain's newest entry says whether anybody has.

use std::sync::Arc;

use promptsync_core::{digest::Digest, signing::KeyLink};

/// The workspace's keys, as far as a transaction that holds its lock has read them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    /// Whether the lock is held: what is read without it may change before the commit.
    pub(crate) is_locked: bool,
    /// The version of the key that new values are sealed under.
    pub(crate) data_key: Option<u32>,
    /// The key that signs.
    pub(crate) signing_key: Option<Arc<KeyLink>>,
}

/// The same after a change, whose entry has this hash.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) head: Digest,
    pub(crate) keys: Keys,
}
