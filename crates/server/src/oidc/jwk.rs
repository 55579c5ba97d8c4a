//! The keys a provider publishes.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use serde_json::{Map, Value};

use super::token::Algorithm;

/// Keys of one provider that are looked at.
const MAX_KEYS: usize = 100;

/// A public key that signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Published {
    /// Its name.
    pub(super) id: Option<String>,
    /// The key itself.
    pub(super) key: Key,
    key_type: (&'static str, Option<&'static str>),
    algorithm: Option<String>,
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// Modulus and exponent, big-endian without leading zeros.
    Rsa {
        /// The modulus.
        n: Vec<u8>,
        /// The exponent.
        e: Vec<u8>,
    },
    /// A point of an elliptic curve as `ring` reads it.
    Point(Vec<u8>),
}

impl Published {
    /// Whether the key can have signed with this algorithm.
    pub(super) fn fits(&self, algorithm: Algorithm) -> bool {
        self.key_type == algorithm.key_type()
            && self.algorithm.as_ref().is_none_or(|name| Algorithm::parse(name) == Some(algorithm))
    }
}

/// The signing keys of a key set. What we cannot use is left out: providers publish other keys beside them.
pub(super) fn read(set: &Map<String, Value>) -> Option<Vec<Published>> {
    let keys = set.get("keys")?.as_array()?;
    Some(keys.iter().take(MAX_KEYS).filter_map(|key| published(key.as_object()?)).collect())
}

fn published(key: &Map<String, Value>) -> Option<Published> {
    let text = |name| key.get(name).and_then(Value::as_str);
    let bytes = |name| BASE64.decode(text(name)?).ok();
    let signs = text("use").is_none_or(|use_| use_ == "sig")
        && key.get("key_ops").is_none_or(|operations| {
            operations.as_array().is_some_and(|all| all.iter().any(|operation| operation == "verify"))
        });
    if !signs {
        return None;
    }
    let (key_type, public) = match (text("kty")?, text("crv")) {
        ("RSA", _) => {
            (("RSA", None), Key::Rsa { n: without_zeros(bytes("n")?), e: without_zeros(bytes("e")?) })
        }
        ("EC", Some("P-256")) => (("EC", Some("P-256")), point(&bytes("x")?, &bytes("y")?, 32)?),
        ("EC", Some("P-384")) => (("EC", Some("P-384")), point(&bytes("x")?, &bytes("y")?, 48)?),
        ("OKP", Some("Ed25519")) => (("OKP", Some("Ed25519")), Key::Point(bytes("x")?)),
        _ => return None,
    };
    let (id, algorithm) = (text("kid").map(str::to_owned), text("alg").map(str::to_owned));
    Some(Published { id, key: public, key_type, algorithm })
}

/// A point that is not compressed (SEC 1, 2.3.3).
fn point(x: &[u8], y: &[u8], size: usize) -> Option<Key> {
    (x.len() == size && y.len() == size).then(|| Key::Point([&[4], x, y].concat()))
}

fn without_zeros(bytes: Vec<u8>) -> Vec<u8> {
    bytes.into_iter().skip_while(|byte| *byte == 0).collect()
}
