//! One attempt to sign in: what a browser is sent away with, and must come back with.
//!
//! A cookie that no script reads holds a random seed, when it was given out and what for, under the server's seal.
//! State, nonce and PKCE verifier follow from the seed and the server's secret. So nothing is stored for people who
//! never come back, every node can answer, and what comes back in another browser fits nothing.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use hyper::{HeaderMap, header::COOKIE};
use promptsync_core::{ids::UserId, time::Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::auth::secret::ServerSecret;

/// `__Host-`: browsers take it only from this host, for all of it, over TLS (or on localhost).
const COOKIE_NAME: &str = "__Host-promptsync-oidc";
/// Seconds somebody may take at the provider.
pub(crate) const LIFE: i64 = 600;

/// What somebody signs in for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Purpose {
    /// To come in.
    SignIn,
    /// To accept an invitation, by its token.
    Invitation(String),
    /// To link their account at the provider to who they are here.
    Link(UserId),
}

/// An attempt under way.
pub(crate) struct Attempt {
    /// What comes back in the address.
    pub(crate) state: String,
    /// What comes back in the ID token.
    pub(crate) nonce: String,
    /// What only this server can send with the code.
    pub(crate) verifier: String,
    /// What for.
    pub(crate) purpose: Purpose,
    /// Where to go on afterwards: a path of this server.
    pub(crate) next: String,
    /// Names the attempt among those that were used up.
    pub(crate) hash: [u8; 32],
    sealed: String,
}

/// What the cookie holds.
#[derive(Serialize, Deserialize)]
struct Inside {
    seed: [u8; 32],
    at: i64,
    purpose: Purpose,
    next: String,
}

impl Attempt {
    /// A new attempt. `seed` is random.
    pub(crate) fn begin(
        secret: &ServerSecret,
        seed: [u8; 32],
        purpose: Purpose,
        next: &str,
        now: Timestamp,
    ) -> Self {
        let inside = Inside { seed, at: now.timestamp(), purpose, next: path(next).to_owned() };
        let text = BASE64.encode(serde_json::to_vec(&inside).expect("numbers and texts can be written"));
        let seal = BASE64.encode(secret.seal("oidc_attempt", &[&text]));
        Self::of(secret, inside, format!("{text}.{seal}"))
    }

    /// The attempt this browser was sent away with, unless it is too old.
    pub(crate) fn of_browser(secret: &ServerSecret, headers: &HeaderMap, now: Timestamp) -> Option<Self> {
        let mut cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let sealed = cookies.find_map(|line| {
            line.split(';').find_map(|pair| pair.trim().strip_prefix(COOKIE_NAME)?.strip_prefix('='))
        })?;
        let (text, seal) = sealed.split_once('.')?;
        let seal: [u8; 32] = BASE64.decode(seal).ok()?.try_into().ok()?;
        if !secret.matches("oidc_attempt", &[text], &seal) {
            return None;
        }
        let inside: Inside = serde_json::from_slice(&BASE64.decode(text).ok()?).ok()?;
        let age = now.timestamp().checked_sub(inside.at)?;
        (-LIFE..=LIFE).contains(&age).then(|| Self::of(secret, inside, sealed.to_owned()))
    }

    fn of(secret: &ServerSecret, inside: Inside, sealed: String) -> Self {
        let seed = BASE64.encode(inside.seed);
        let derive = |purpose| BASE64.encode(secret.seal(purpose, &[&seed]));
        Self {
            state: derive("oidc_state"),
            nonce: derive("oidc_nonce"),
            verifier: derive("oidc_verifier"),
            purpose: inside.purpose,
            next: path(&inside.next).to_owned(),
            hash: secret.seal("oidc_used", &[&seed]),
            sealed,
        }
    }

    /// The PKCE challenge of the verifier.
    pub(crate) fn challenge(&self) -> String {
        BASE64.encode(Sha256::digest(self.verifier.as_bytes()))
    }

    /// What the browser keeps. `Lax`, because it comes back from another site.
    pub(crate) fn cookie(&self) -> String {
        let Self { sealed, .. } = self;
        format!("{COOKIE_NAME}={sealed}; Path=/; Max-Age={LIFE}; Secure; HttpOnly; SameSite=Lax")
    }

    /// What makes the browser forget it.
    pub(crate) fn forget() -> String {
        format!("{COOKIE_NAME}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax")
    }
}

impl std::fmt::Debug for Attempt {
    /// Shows nothing that could be sent in the place of the browser.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Attempt(…)")
    }
}

/// A path of this server to go on at; its start page for anything a browser could read as another site.
fn path(text: &str) -> &str {
    let plain = text.len() <= 512
        && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && text.starts_with('/')
        && !text.starts_with("//");
    if plain { text } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> ServerSecret {
        ServerSecret::from_bytes([7; 32])
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(1_790_000_000 + seconds, 0).expect("a moment")
    }

    fn begin(next: &str) -> Attempt {
        Attempt::begin(&secret(), [1; 32], Purpose::SignIn, next, at(0))
    }

    fn headers(cookie: &str) -> HeaderMap {
        HeaderMap::from_iter([(COOKIE, cookie.split(';').next().unwrap_or_default().parse().expect("ASCII"))])
    }

    #[test]
    fn the_browser_that_was_sent_away_comes_back_as_the_same() {
        let attempt = begin("/prompts?x=1");
        let back = Attempt::of_browser(&secret(), &headers(&attempt.cookie()), at(600)).expect("in time");
        assert_eq!(
            (&back.state, &back.nonce, &back.verifier),
            (&attempt.state, &attempt.nonce, &attempt.verifier)
        );
        assert_eq!(back.next, "/prompts?x=1");
        assert!(back.purpose == Purpose::SignIn);
        assert_eq!(back.verifier.len(), 43, "RFC 7636 wants at least 43 characters");
        let among = HeaderMap::from_iter([(
            COOKIE,
            format!("a=b; {}; c=d", attempt.cookie().split(';').next().expect("a pair"))
                .parse()
                .expect("ASCII"),
        )]);
        assert!(Attempt::of_browser(&secret(), &among, at(0)).is_some());
    }

    #[test]
    fn the_cookie_shows_neither_state_nor_nonce_nor_verifier() {
        let attempt = begin("/");
        let cookie = attempt.cookie();
        let inside = BASE64.decode(attempt.sealed.split('.').next().expect("a part")).expect("base64");
        let inside = String::from_utf8(inside).expect("JSON");
        for secret in [&attempt.state, &attempt.nonce, &attempt.verifier] {
            assert!(!cookie.contains(secret) && !inside.contains(secret.as_str()));
        }
        for rule in ["__Host-", "Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(rule), "{rule}");
        }
    }

    #[test]
    fn a_cookie_that_is_old_changed_or_of_another_server_is_none() {
        let cookie = begin("/").cookie();
        let read = |headers: &HeaderMap, secret: &ServerSecret, now| {
            Attempt::of_browser(secret, headers, now).is_some()
        };
        assert!(!read(&headers(&cookie), &secret(), at(601)));
        assert!(!read(&headers(&cookie), &secret(), at(-601)), "from the future");
        assert!(!read(&headers(&cookie), &ServerSecret::from_bytes([8; 32]), at(0)));
        assert!(!read(&HeaderMap::new(), &secret(), at(0)));
        let value = cookie.split(';').next().expect("a pair");
        for place in COOKIE_NAME.len() + 1..value.len() {
            let mut changed = value.as_bytes().to_vec();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("ASCII");
            assert!(!read(&headers(&changed), &secret(), at(0)), "{place}");
        }
    }

    #[test]
    fn afterwards_nobody_is_sent_to_another_site() {
        for bad in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "\\/evil",
            "",
            "x",
            "/a b",
            "/\r\nx: y",
        ] {
            assert_eq!(begin(bad).next, "/", "{bad}");
        }
        assert_eq!(begin(&format!("/{}", "x".repeat(600))).next, "/");
        assert_eq!(begin("/device?code=ABCD").next, "/device?code=ABCD");
    }
}
