//! An ID token: its form and its signature.
//!
//! The signature is checked before anything the token says is looked at. Which algorithms are possible is decided by
//! this list and by the key, never by the token: `none`, and secrets in the place of keys, are not in it.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use promptsync_core::{files::json::parse_strict, limits::Limits};
use ring::{digest, signature};
use serde_json::{Map, Value};

use super::jwk::Key;

/// Bytes of a token. Two thousand groups fit.
const MAX: usize = 128 << 10;

/// How a token may be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    EdDsa,
}

/// A token that is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    /// It is not a signed token in the compact form.
    #[error("its ID token is not a signed token")]
    Form,
    /// It is signed in a way that proves nothing, or that the provider does not announce.
    #[error("its ID token is signed with an algorithm that is not accepted")]
    Algorithm,
    /// It is another kind of token.
    #[error("it sent another kind of token as ID token")]
    Kind,
    /// It wants to be read in a way that we do not know.
    #[error("its ID token has a critical extension")]
    Critical,
    /// None of the provider's keys has signed it.
    #[error("its ID token is signed with a key that it does not publish")]
    UnknownKey,
    /// The signature is wrong.
    #[error("the signature of its ID token is wrong")]
    Signature,
}

/// A token whose signature was not checked yet: nothing of it can be read but what finds the key.
pub(crate) struct Unverified<'t> {
    algorithm: Algorithm,
    key_id: Option<String>,
    signed: &'t str,
    payload: &'t str,
    signature: Vec<u8>,
}

impl Algorithm {
    const ALL: [(&'static str, Self); 9] = [
        ("RS256", Self::Rs256),
        ("RS384", Self::Rs384),
        ("RS512", Self::Rs512),
        ("PS256", Self::Ps256),
        ("PS384", Self::Ps384),
        ("PS512", Self::Ps512),
        ("ES256", Self::Es256),
        ("ES384", Self::Es384),
        ("EdDSA", Self::EdDsa),
    ];

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, algorithm)| algorithm)
    }

    /// Type and curve of the keys that go with it.
    pub(super) fn key_type(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Es256 => ("EC", Some("P-256")),
            Self::Es384 => ("EC", Some("P-384")),
            Self::EdDsa => ("OKP", Some("Ed25519")),
            _ => ("RSA", None),
        }
    }

    /// `at_hash` of an access token: the left half of its hash (OpenID Connect Core, 3.1.3.6).
    pub(super) fn half_hash(self, access_token: &str) -> String {
        let algorithm = match self {
            Self::Rs256 | Self::Ps256 | Self::Es256 => &digest::SHA256,
            Self::Rs384 | Self::Ps384 | Self::Es384 => &digest::SHA384,
            Self::Rs512 | Self::Ps512 | Self::EdDsa => &digest::SHA512,
        };
        let hash = digest::digest(algorithm, access_token.as_bytes());
        BASE64.encode(&hash.as_ref()[..hash.as_ref().len() / 2])
    }

    /// Keys of fewer than 2048 bits are refused by each of the RSA ones.
    fn rsa(self) -> Option<&'static signature::RsaParameters> {
        match self {
            Self::Rs256 => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
            Self::Rs384 => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
            Self::Rs512 => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
            Self::Ps256 => Some(&signature::RSA_PSS_2048_8192_SHA256),
            Self::Ps384 => Some(&signature::RSA_PSS_2048_8192_SHA384),
            Self::Ps512 => Some(&signature::RSA_PSS_2048_8192_SHA512),
            Self::Es256 | Self::Es384 | Self::EdDsa => None,
        }
    }

    fn matches(self, key: &Key, message: &[u8], given: &[u8]) -> bool {
        match (self.rsa(), key) {
            (Some(parameters), Key::Rsa { n, e }) => {
                signature::RsaPublicKeyComponents { n, e }.verify(parameters, message, given).is_ok()
            }
            (None, Key::Point(bytes)) => {
                let algorithm: &dyn signature::VerificationAlgorithm = match self {
                    Self::Es256 => &signature::ECDSA_P256_SHA256_FIXED,
                    Self::Es384 => &signature::ECDSA_P384_SHA384_FIXED,
                    _ => &signature::ED25519,
                };
                signature::UnparsedPublicKey::new(algorithm, bytes).verify(message, given).is_ok()
            }
            _ => false,
        }
    }
}

impl<'t> Unverified<'t> {
    /// Takes a token apart. `announced` are the algorithms the provider says it uses.
    pub(super) fn parse(token: &'t str, announced: Option<&[String]>) -> Result<Self, TokenError> {
        if token.len() > MAX {
            return Err(TokenError::Form);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Form)?;
        let (header, payload) = signed.split_once('.').ok_or(TokenError::Form)?;
        if payload.contains('.') {
            return Err(TokenError::Form);
        }
        let header = object(header)?;
        let name = header.get("alg").and_then(Value::as_str).ok_or(TokenError::Form)?;
        let is_announced = announced.is_none_or(|list| list.iter().any(|known| known == name));
        let algorithm = Algorithm::parse(name).filter(|_| is_announced).ok_or(TokenError::Algorithm)?;
        if ["crit", "b64", "zip", "enc"].iter().any(|extension| header.contains_key(*extension)) {
            return Err(TokenError::Critical);
        }
        match header.get("typ") {
            None => {}
            Some(Value::String(kind)) if kind.eq_ignore_ascii_case("JWT") => {}
            Some(_) => return Err(TokenError::Kind),
        }
        let key_id = match header.get("kid") {
            None => None,
            Some(Value::String(id)) => Some(id.clone()),
            Some(_) => return Err(TokenError::Form),
        };
        let signature = BASE64.decode(signature).map_err(|_| TokenError::Form)?;
        Ok(Self { algorithm, key_id, signed, payload, signature })
    }

    /// Whether one of these keys could have signed it. `jwk`, `jku` and `x5u` in its header change nothing.
    pub(super) fn is_signed_by_one_of(&self, keys: &[super::jwk::Published]) -> bool {
        self.candidates(keys).next().is_some()
    }

    /// Checks the signature; only then is there anything to read.
    pub(super) fn verify(
        self,
        keys: &[super::jwk::Published],
    ) -> Result<(Algorithm, Map<String, Value>), TokenError> {
        let mut candidates = self.candidates(keys).peekable();
        candidates.peek().ok_or(TokenError::UnknownKey)?;
        // Without a name in the token there must be no choice (OpenID Connect Core, 10.1).
        if self.key_id.is_none() && self.candidates(keys).count() > 1 {
            return Err(TokenError::UnknownKey);
        }
        let message = self.signed.as_bytes();
        if !candidates.any(|key| self.algorithm.matches(&key.key, message, &self.signature)) {
            return Err(TokenError::Signature);
        }
        Ok((self.algorithm, object(self.payload)?))
    }

    fn candidates<'k>(
        &self,
        keys: &'k [super::jwk::Published],
    ) -> impl Iterator<Item = &'k super::jwk::Published> {
        keys.iter()
            .filter(move |key| key.fits(self.algorithm) && (self.key_id.is_none() || self.key_id == key.id))
    }
}

/// A part of a token: base64url of a JSON object without a name given twice.
fn object(part: &str) -> Result<Map<String, Value>, TokenError> {
    let bytes = BASE64.decode(part).map_err(|_| TokenError::Form)?;
    match parse_strict(&bytes, &Limits::default()) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(TokenError::Form),
    }
}
