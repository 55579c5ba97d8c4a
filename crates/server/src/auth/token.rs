//! Access tokens: JWTs that this server makes for people who signed in, and reads itself.
//!
//! The reader is ours and not a library's, because it can be stricter than one for everybody's tokens: the first part
//! of a token has to be, byte for byte, the only header this server writes. So there is no algorithm to choose, no key
//! to fetch, nothing compressed, critical or nested (RFC 8725). Nothing a token says gives a right: it names a session,
//! and what its person may do is read from the database.

use std::{collections::HashMap, sync::Mutex};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use promptsync_core::{
    ids::{SessionId, UserId, WorkspaceId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::secret::ServerSecret;

/// The only header there is.
const HEADER: &str = r#"{"alg":"EdDSA","typ":"at+jwt"}"#;
/// Who the tokens are for.
const AUDIENCE: &str = "promptsync";
/// The longest token that is looked at. Ours have about 450 bytes.
const LONGEST: usize = 2048;
/// Seconds the clocks of two servers may differ.
const LEEWAY: i64 = 60;
/// Seconds a token works.
pub(crate) const LIFETIME: i64 = 5 * 60;
/// Tokens remembered as good; beyond it all are forgotten and checked again.
const REMEMBERED: usize = 10_000;

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claims {
    iss: String,
    aud: String,
    /// The person.
    pub(crate) sub: UserId,
    /// The session.
    pub(crate) sid: SessionId,
    /// The workspace.
    pub(crate) ws: WorkspaceId,
    jti: String,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// Makes and reads access tokens.
pub(crate) struct Tokens {
    key: SigningKey,
    public: VerifyingKey,
    /// The encoded header.
    head: String,
    issuer: String,
    known: Mutex<HashMap<[u8; 32], Claims>>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens(…)")
    }
}

impl Tokens {
    /// The tokens of a server. Every node with the same secret makes and reads the same ones.
    pub(crate) fn new(secret: &ServerSecret, issuer: &str) -> Self {
        let key = SigningKey::from_bytes(&secret.seal("access_token_key", &[]));
        let public = key.verifying_key();
        Self { key, public, head: BASE64.encode(HEADER), issuer: issuer.to_owned(), known: Mutex::default() }
    }

    /// A token for a session.
    pub(crate) fn issue(
        &self,
        person: &UserId,
        session: &SessionId,
        workspace: &WorkspaceId,
        id: String,
        now: Timestamp,
    ) -> String {
        let now = now.timestamp();
        self.sign(&Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: person.clone(),
            sid: session.clone(),
            ws: workspace.clone(),
            jti: id,
            iat: now,
            nbf: now,
            exp: now + LIFETIME,
        })
    }

    fn sign(&self, claims: &impl Serialize) -> String {
        let body = serde_json::to_vec(claims).expect("claims are texts and numbers");
        let signed = format!("{}.{}", self.head, BASE64.encode(body));
        let signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", BASE64.encode(signature.to_bytes()))
    }

    /// What a token says, when it is ours and its time is now. A token that was good is not checked twice.
    pub(crate) fn read(&self, token: &str, now: Timestamp) -> Option<Claims> {
        if token.len() > LONGEST {
            return None;
        }
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let known = self.lock().get(&digest).cloned();
        let is_new = known.is_none();
        let claims = match known {
            Some(claims) => claims,
            None => self.verify(token)?,
        };
        let now = now.timestamp();
        let in_time = claims.exp + LEEWAY > now && claims.nbf - LEEWAY <= now && claims.iat - LEEWAY <= now;
        if is_new && in_time {
            let mut tokens = self.lock();
            if tokens.len() >= REMEMBERED {
                tokens.clear();
            }
            tokens.insert(digest, claims.clone());
        }
        in_time.then_some(claims)
    }

    /// Whether a token was made here, whatever its time: a page that wakes up with an old one guesses nothing.
    pub(crate) fn is_ours(&self, token: &str) -> bool {
        token.len() <= LONGEST && self.verify(token).is_some()
    }

    /// Everything but the time.
    fn verify(&self, token: &str) -> Option<Claims> {
        let (signed, signature) = token.rsplit_once('.')?;
        let body = signed.strip_prefix(&self.head)?.strip_prefix('.')?;
        let signature = Signature::from_slice(&BASE64.decode(signature).ok()?).ok()?;
        self.public.verify_strict(signed.as_bytes(), &signature).ok()?;
        let claims: Claims = serde_json::from_slice(&BASE64.decode(body).ok()?).ok()?;
        (claims.iss == self.issuer && claims.aud == AUDIENCE).then_some(claims)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], Claims>> {
        self.known.lock().expect("no code panics while it holds this lock")
    }
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
