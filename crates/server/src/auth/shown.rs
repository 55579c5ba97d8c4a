//! A key that was right a moment ago on the same connection.

use std::sync::Arc;

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::KnownKey;

/// The key that a connection showed last, and what it opened. Hashing it for each request would cost more than all the
/// rest; comparing is enough, in constant time, as a proxy may share the connection between strangers.
pub(crate) struct ShownKey {
    text: Zeroizing<Box<[u8]>>,
    /// What the key is found by.
    pub(super) lookup: Box<str>,
    /// The hash that it matched.
    pub(super) hash: Box<[u8]>,
}

impl ShownKey {
    /// Remembers a key whose hash was compared with that of the known one.
    pub(super) fn new(text: &str, known: &Arc<KnownKey>) -> Self {
        Self {
            text: Zeroizing::new(text.as_bytes().into()),
            lookup: known.key.prefix.as_str().into(),
            hash: known.key.secret_hash.as_slice().into(),
        }
    }

    /// Whether it is the same key again.
    pub(super) fn is(&self, text: &str) -> bool {
        self.text.ct_eq(text.as_bytes()).into()
    }
}

impl std::fmt::Debug for ShownKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShownKey").field("lookup", &self.lookup).finish_non_exhaustive()
    }
}
