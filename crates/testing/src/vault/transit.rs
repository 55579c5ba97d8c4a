//! The double's transit engine: AES-256-GCM under keys that it does not give away.

use std::collections::BTreeMap;

use aes_gcm::{Aes256Gcm, KeyInit as _, aead::Aead as _};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use promptsync_server::system_random;
use serde_json::{Value, json};

/// Bytes of a nonce, which stands before what was encrypted.
const NONCE: usize = 12;

/// Keys by name, each with its versions.
#[derive(Debug, Default)]
pub(super) struct Transit(BTreeMap<String, Vec<[u8; 32]>>);

impl Transit {
    /// Makes a key, or its next version.
    pub(super) fn make(&mut self, name: &str) {
        let mut key = [0; 32];
        system_random(&mut key);
        self.0.entry(name.to_owned()).or_default().push(key);
    }

    /// Answers `POST /v1/transit/encrypt/…` and `…/decrypt/…`.
    pub(super) fn answer(&self, request: &str, body: &Value) -> (u16, Value) {
        let wrong = |why: &str| (400, json!({ "errors": [why] }));
        let rest = request.trim_start_matches("POST /v1/transit/");
        let Some((does, versions)) =
            rest.split_once('/').and_then(|(does, name)| Some((does, self.0.get(name)?)))
        else {
            return wrong("encryption key not found");
        };
        let data = match does {
            "encrypt" => body["plaintext"].as_str().and_then(|plain| encrypt(versions, plain)),
            "decrypt" => body["ciphertext"].as_str().and_then(|wrapped| decrypt(versions, wrapped)),
            _ => return (404, json!({ "errors": [] })),
        };
        data.map_or_else(
            || wrong("cipher: message authentication failed"),
            |data| (200, json!({ "data": data })),
        )
    }
}

fn encrypt(versions: &[[u8; 32]], plain: &str) -> Option<Value> {
    let mut nonce = [0; NONCE];
    system_random(&mut nonce);
    let sealed = Aes256Gcm::new(versions.last()?.into());
    let sealed = sealed.encrypt(&nonce.into(), STANDARD.decode(plain).ok()?.as_slice()).ok()?;
    let sealed = STANDARD.encode([nonce.as_slice(), &sealed].concat());
    Some(
        json!({ "ciphertext": format!("vault:v{}:{sealed}", versions.len()), "key_version": versions.len() }),
    )
}

fn decrypt(versions: &[[u8; 32]], wrapped: &str) -> Option<Value> {
    let (version, sealed) = wrapped.strip_prefix("vault:v")?.split_once(':')?;
    let key = versions.get(version.parse::<usize>().ok()?.checked_sub(1)?)?;
    let sealed = STANDARD.decode(sealed).ok()?;
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
    let plain = Aes256Gcm::new(key.into()).decrypt(&(*nonce).into(), sealed).ok()?;
    Some(json!({ "plaintext": STANDARD.encode(plain) }))
}
