//! Ed25519 keys and signatures, and how they are written.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Signed, SigningError, Statement, message};
use crate::digest::hex;

/// How the text of a public key begins.
const PREFIX: &str = "ed25519:";

/// The public half of a signing key, written `ed25519:` and 43 characters of base64url.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct PublicKey(VerifyingKey);

/// A short name of a public key: the first 16 hexadecimal digits of its SHA-256. It finds a key, it proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct SigningKeyId(String);

/// The private half of a signing key.
#[derive(Clone)]
pub struct PrivateKey(SigningKey);

/// A signature, and the key that made it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Signature {
    /// The key.
    pub key: SigningKeyId,
    /// 64 bytes, written in base64url.
    #[serde(with = "base64url")]
    #[schemars(with = "String")]
    pub bytes: [u8; 64],
}

/// A text that is not a public key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not a public key: expected `ed25519:` and 43 characters of base64url")]
pub struct PublicKeyError {
    /// The text, cut after 80 characters.
    pub value: String,
}

impl PublicKey {
    /// Reads `ed25519:…`.
    pub fn parse(text: &str) -> Result<Self, PublicKeyError> {
        let bytes = text.strip_prefix(PREFIX).and_then(decode);
        bytes.and_then(|bytes| Self::from_bytes(&bytes)).ok_or_else(|| PublicKeyError {
            value: text.chars().take(80).collect::<String>().escape_debug().to_string(),
        })
    }

    /// A key from its 32 bytes; none when they are no point of the curve, or one under which anything verifies.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        VerifyingKey::from_bytes(bytes).ok().filter(|key| !key.is_weak()).map(Self)
    }

    /// Its 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Its short name.
    pub fn id(&self) -> SigningKeyId {
        SigningKeyId(hex(&Sha256::digest(self.as_bytes())[..8]))
    }

    /// Whether this key made the signature over this statement.
    ///
    /// # Errors
    /// [`SigningError::Invalid`] when it did not.
    pub fn verify<S: Statement>(&self, statement: &S, signature: &Signature) -> Result<(), SigningError> {
        let bytes = ed25519_dalek::Signature::from_bytes(&signature.bytes);
        let invalid = |_| SigningError::Invalid { kind: S::KIND };
        if signature.key != self.id() {
            return Err(SigningError::UnknownKey { key: signature.key.clone() });
        }
        // Strict: refuses signatures that another text of the same signature would also pass.
        self.0.verify_strict(&message(statement), &bytes).map_err(invalid)
    }
}

impl PrivateKey {
    /// A key from 32 random bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The bytes it was made from. They never leave the process but encrypted.
    pub fn seed(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Its public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs a statement.
    pub fn signature<S: Statement>(&self, statement: &S) -> Signature {
        Signature { key: self.public().id(), bytes: self.0.sign(&message(statement)).to_bytes() }
    }

    /// The statement with its signature.
    pub fn sign<S: Statement>(&self, statement: S) -> Signed<S> {
        Signed { signature: self.signature(&statement), statement }
    }
}

impl SigningKeyId {
    /// Reads a name; one that no key has is refused when it is looked for.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", URL_SAFE_NO_PAD.encode(self.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.public().id())
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({} {})", self.key, URL_SAFE_NO_PAD.encode(self.bytes))
    }
}

impl fmt::Display for SigningKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for PublicKey {
    type Error = PublicKeyError;

    fn try_from(text: String) -> Result<Self, PublicKeyError> {
        Self::parse(&text)
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        key.to_string()
    }
}

fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// 64 bytes as text.
mod base64url {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use base64::Engine as _;

    use super::{URL_SAFE_NO_PAD, decode};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8; 64], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 64], D::Error> {
        let text = String::deserialize(deserializer)?;
        decode(&text).ok_or_else(|| D::Error::custom("expected 64 bytes in base64url"))
    }
}
