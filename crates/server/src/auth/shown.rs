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
        are_same(&self.text, text.as_bytes())
    }
}

fn are_same(one: &[u8], other: &[u8]) -> bool {
    let differences = words(one).zip(words(other)).fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == other.len() && differences.ct_eq(&0).into()
}

/// Bytes eight at a time: byte by byte it takes as long as all else that is done for a key.
fn words(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.chunks(8).map(|chunk| chunk.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)))
}

impl std::fmt::Debug for ShownKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShownKey").field("lookup", &self.lookup).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_when_every_byte_is() {
        let key = b"ps_live_0123456789abcdef".as_slice();
        for length in 0..=key.len() {
            assert!(are_same(&key[..length], &key[..length]));
            assert!(
                length == key.len() || (!are_same(&key[..length], key) && !are_same(key, &key[..length]))
            );
            for changed in 0..length {
                let mut other = key[..length].to_vec();
                other[changed] ^= 1;
                assert!(!are_same(&key[..length], &other), "byte {changed} of {length}");
            }
        }
        assert!(!are_same(b"a", b"\0a") && !are_same(b"\0", b""));
    }
}
