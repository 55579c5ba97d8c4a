//! The keys: a data key per workspace and version seals values, the master key seals data keys.

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::digest::hex;

/// Seals the values of one workspace.
#[derive(Clone)]
pub struct DataKey {
    bytes: Zeroizing<[u8; 32]>,
    version: u32,
}

/// Seals data keys. Whoever has it can read everything; it is never stored beside what it protects.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

/// A text that is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a master key is 64 hexadecimal digits; make one with `openssl rand -hex 32`")]
pub struct KeyError;

impl DataKey {
    /// A key from its bytes, which must be random. Versions count from 1.
    pub fn new(bytes: &[u8; 32], version: u32) -> Self {
        Self { bytes: Zeroizing::new(*bytes), version }
    }

    /// Its number in the workspace.
    pub fn version(&self) -> u32 {
        self.version
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

impl MasterKey {
    /// A key from its bytes, which must be random.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*bytes))
    }

    /// Reads 64 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let digits = text.trim().as_bytes();
        if digits.len() != 64 {
            return Err(KeyError);
        }
        let mut bytes = Zeroizing::new([0; 32]);
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            *byte = (nibble(pair[0])? << 4) | nibble(pair[1])?;
        }
        Ok(Self(bytes))
    }

    /// The 64 hexadecimal digits, for the file it is kept in.
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(hex(&*self.0))
    }

    /// What it is known by: 16 hexadecimal digits that say nothing about the key itself.
    pub fn id(&self) -> String {
        hex(&self.derive("id")[..8])
    }

    /// Another key for one purpose, from which this one cannot be found.
    pub fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        // The key has a fixed length and comes first, and nothing but a purpose follows: no two inputs collide.
        let mut hash = Sha256::new();
        hash.update(b"promptsync master key 1\0");
        hash.update(*self.0);
        hash.update(purpose.as_bytes());
        Zeroizing::new(hash.finalize().into())
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

fn nibble(digit: u8) -> Result<u8, KeyError> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok()).ok_or(KeyError)
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DataKey(version {})", self.version)
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterKey({})", self.id())
    }
}
