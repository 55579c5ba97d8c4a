//! Tokens that were tampered with, signed by others, or are none at all.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use ring::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING as P256, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use serde_json::{Map, Value, json};

use super::{
    jwk::{self, Published},
    token::{Algorithm, TokenError, Unverified},
};

struct Signer {
    ed25519: Ed25519KeyPair,
    p256: EcdsaKeyPair,
}

static SIGNER: LazyLock<Signer> = LazyLock::new(|| {
    let random = SystemRandom::new();
    let ed25519 = Ed25519KeyPair::generate_pkcs8(&random).expect("a key");
    let p256 = EcdsaKeyPair::generate_pkcs8(&P256, &random).expect("a key");
    Signer {
        ed25519: Ed25519KeyPair::from_pkcs8(ed25519.as_ref()).expect("a key"),
        p256: EcdsaKeyPair::from_pkcs8(&P256, p256.as_ref(), &random).expect("a key"),
    }
});

fn ed25519_jwk(id: &str) -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "kid": id, "use": "sig",
            "x": BASE64.encode(SIGNER.ed25519.public_key()) })
}

fn p256_jwk(id: &str) -> Value {
    let point = SIGNER.p256.public_key().as_ref();
    json!({ "kty": "EC", "crv": "P-256", "kid": id, "alg": "ES256",
            "x": BASE64.encode(&point[1..33]), "y": BASE64.encode(&point[33..]) })
}

fn keys(keys: &[Value]) -> Vec<Published> {
    jwk::read(json!({ "keys": keys }).as_object().expect("an object")).expect("a key set")
}

fn ours() -> Vec<Published> {
    keys(&[ed25519_jwk("ed"), p256_jwk("ec")])
}

fn part(value: &str) -> String {
    BASE64.encode(value)
}

/// A token with this header and payload, signed with our Ed25519 key.
fn signed(header: &Value, payload: &str) -> String {
    let message = format!("{}.{}", part(&header.to_string()), part(payload));
    let signature = SIGNER.ed25519.sign(message.as_bytes());
    format!("{message}.{}", BASE64.encode(signature))
}

fn verify(token: &str, keys: &[Published]) -> Result<(Algorithm, Map<String, Value>), TokenError> {
    Unverified::parse(token, None)?.verify(keys)
}

fn refusal(token: &str) -> TokenError {
    verify(token, &ours()).expect_err(token)
}

#[test]
fn a_token_signed_with_a_published_key_is_read() {
    let token = signed(&json!({"alg": "EdDSA", "kid": "ed", "typ": "JWT"}), r#"{"sub":"ann"}"#);
    let (algorithm, claims) = verify(&token, &ours()).expect("is right");
    assert_eq!((algorithm, claims["sub"].as_str()), (Algorithm::EdDsa, Some("ann")));
    let message = format!("{}.{}", part(r#"{"alg":"ES256","kid":"ec"}"#), part(r#"{"sub":"ben"}"#));
    let signature = SIGNER.p256.sign(&SystemRandom::new(), message.as_bytes()).expect("signs");
    let token = format!("{message}.{}", BASE64.encode(signature));
    assert_eq!(verify(&token, &ours()).expect("is right").1["sub"], "ben");
}

#[test]
fn no_algorithm_and_shared_secrets_prove_nothing() {
    let payload = part(r#"{"sub":"ann"}"#);
    for name in
        ["none", "None", "nOnE", "NONE", "", "HS256", "HS384", "HS512", "RS1", "ES256K", "eddsa", "dir"]
    {
        let header = part(&json!({"alg": name, "kid": "ed"}).to_string());
        for signature in ["", "AA", &BASE64.encode([0; 64])] {
            assert_eq!(refusal(&format!("{header}.{payload}.{signature}")), TokenError::Algorithm, "{name}");
        }
    }
    // The public key, or the client's secret, used as the secret of an HMAC.
    let message = format!("{}.{payload}", part(r#"{"alg":"HS256","kid":"ed"}"#));
    for secret in [SIGNER.ed25519.public_key().as_ref(), b"client secret"] {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
        assert_eq!(refusal(&format!("{message}.{}", BASE64.encode(tag))), TokenError::Algorithm);
    }
}

#[test]
fn the_key_decides_the_algorithm_and_not_the_token() {
    for (alg, kid, error) in [
        ("ES256", "ed", TokenError::UnknownKey),
        ("EdDSA", "ec", TokenError::UnknownKey),
        ("RS256", "ed", TokenError::UnknownKey),
        ("ES384", "ec", TokenError::UnknownKey),
        ("EdDSA", "ED", TokenError::UnknownKey),
        ("EdDSA", "", TokenError::UnknownKey),
        ("EdDSA", "../../keys", TokenError::UnknownKey),
    ] {
        assert_eq!(refusal(&signed(&json!({"alg": alg, "kid": kid}), "{}")), error, "{alg} {kid}");
    }
    let announced = ["RS256".to_owned()];
    let token = signed(&json!({"alg": "EdDSA", "kid": "ed"}), "{}");
    let error = Unverified::parse(&token, Some(&announced)).err();
    assert_eq!(error, Some(TokenError::Algorithm), "the provider does not announce it");
}

#[test]
fn a_token_without_a_key_name_is_read_only_when_there_is_no_choice() {
    let token = signed(&json!({"alg": "EdDSA"}), "{}");
    assert!(verify(&token, &ours()).is_ok());
    let two = keys(&[ed25519_jwk("a"), ed25519_jwk("b")]);
    assert_eq!(verify(&token, &two).expect_err("two keys"), TokenError::UnknownKey);
    assert_eq!(verify(&token, &[]).expect_err("no key"), TokenError::UnknownKey);
}

#[test]
fn a_key_that_encrypts_does_not_sign() {
    for change in [
        json!({"use": "enc"}),
        json!({"key_ops": ["encrypt"]}),
        json!({"key_ops": "verify"}),
        json!({"alg": "ES256"}),
    ] {
        let mut key = ed25519_jwk("ed");
        for (name, value) in change.as_object().expect("an object") {
            key[name] = value.clone();
        }
        let token = signed(&json!({"alg": "EdDSA", "kid": "ed"}), "{}");
        assert_eq!(verify(&token, &keys(&[key])).expect_err("no key"), TokenError::UnknownKey, "{change}");
    }
}

#[test]
fn a_key_inside_the_token_is_not_looked_at() {
    let header =
        json!({"alg": "EdDSA", "kid": "mine", "jwk": ed25519_jwk("mine"), "jku": "https://evil.example"});
    assert_eq!(refusal(&signed(&header, "{}")), TokenError::UnknownKey);
    let mut other = ed25519_jwk("ed");
    other["x"] = json!(BASE64.encode([9; 32]));
    let header =
        json!({"alg": "EdDSA", "kid": "ed", "jwk": ed25519_jwk("ed"), "x5u": "https://evil.example"});
    let error = verify(&signed(&header, "{}"), &keys(&[other])).expect_err("another key");
    assert_eq!(error, TokenError::Signature);
}

#[test]
fn extensions_and_other_kinds_of_tokens_are_refused() {
    let with = |name: &str, value: Value| {
        let mut header = json!({"alg": "EdDSA", "kid": "ed"});
        header[name] = value;
        refusal(&signed(&header, r#"{"sub":"ann"}"#))
    };
    assert_eq!(with("crit", json!(["exp"])), TokenError::Critical);
    assert_eq!(with("crit", json!([])), TokenError::Critical);
    assert_eq!(with("b64", json!(false)), TokenError::Critical);
    assert_eq!(with("zip", json!("DEF")), TokenError::Critical);
    assert_eq!(with("enc", json!("A256GCM")), TokenError::Critical);
    for kind in [json!("at+jwt"), json!("logout+jwt"), json!("JOSE"), json!(null), json!(["JWT"])] {
        assert_eq!(with("typ", kind), TokenError::Kind);
    }
    assert_eq!(with("kid", json!(7)), TokenError::Form);
    assert_eq!(with("alg", json!(["EdDSA"])), TokenError::Form);
}

#[test]
fn what_is_not_a_token_in_its_one_spelling_is_refused() {
    let good = signed(&json!({"alg": "EdDSA", "kid": "ed"}), r#"{"sub":"ann"}"#);
    let (message, signature) = good.rsplit_once('.').expect("three parts");
    let (header, payload) = message.split_once('.').expect("two parts");
    for bad in [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        payload,
        message,
        &format!("{good}.x"),
        &format!("{good}="),
        &format!(" {good}"),
        &format!("{good}\n"),
        &format!("{header}=.{payload}.{signature}"),
        &format!("{header}.{header}.{payload}.{payload}.{signature}"),
        &format!("{}.{payload}.{signature}", part("[]")),
        &format!("{}.{payload}.{signature}", part(r#"{"alg":"EdDSA","alg":"EdDSA"}"#)),
        &good.replacen('.', "+.", 1),
        &"a".repeat(200_000),
    ] {
        assert_eq!(refusal(bad), TokenError::Form, "{bad}");
    }
    for payload in [r#"{"sub":"ann","sub":"ben"}"#, "[]", "7", "", "{", "\u{feff}{}"] {
        assert_eq!(
            refusal(&signed(&json!({"alg": "EdDSA", "kid": "ed"}), payload)),
            TokenError::Form,
            "{payload}"
        );
    }
}

#[test]
fn each_changed_character_is_noticed() {
    let good = signed(&json!({"alg": "EdDSA", "kid": "ed"}), r#"{"sub":"ann","groups":["readers"]}"#);
    for place in 0..good.len() {
        for other in [b'A', b'z', b'.'] {
            let mut changed = good.clone().into_bytes();
            if changed[place] == other {
                continue;
            }
            changed[place] = other;
            let changed = String::from_utf8(changed).expect("ASCII");
            assert!(verify(&changed, &ours()).is_err(), "{place}: {changed}");
        }
    }
}

/// Tokens made of likely and unlikely headers, payloads and signatures: none is believed. The seed is fixed.
#[test]
fn of_forty_thousand_forged_tokens_none_is_believed() {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut below = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).expect("31 bits") % limit
    };
    let values = [
        json!("none"),
        json!("EdDSA"),
        json!("ES256"),
        json!("RS256"),
        json!("HS256"),
        json!("ed"),
        json!("ec"),
        json!(""),
        json!(null),
        json!(true),
        json!(-1),
        json!(1e308),
        json!([]),
        json!({}),
        json!(["EdDSA"]),
        json!("JWT"),
        json!("at+jwt"),
        json!("https://evil.example"),
        json!("admin"),
        ed25519_jwk("ed"),
    ];
    let header_names = ["alg", "kid", "typ", "jwk", "jku", "x5c", "crit", "cty", "epk", "p2c"];
    let claim_names = ["iss", "sub", "aud", "exp", "iat", "nonce", "azp", "groups", "email", "at_hash"];
    let good = signed(&json!({"alg": "EdDSA", "kid": "ed"}), r#"{"sub":"ann"}"#);
    let real_signature = good.rsplit('.').next().expect("a part").to_owned();
    let keys = ours();
    let (mut tried, mut reached_signature) = (0, 0);
    for _ in 0..40_000 {
        let mut header = if below(2) == 0 { json!({"alg": "EdDSA", "kid": "ed"}) } else { json!({}) };
        let mut claims = json!({});
        for _ in 0..below(4) {
            header[header_names[below(header_names.len())]] = values[below(values.len())].clone();
        }
        for _ in 0..=below(6) {
            claims[claim_names[below(claim_names.len())]] = values[below(values.len())].clone();
        }
        let signature = match below(4) {
            0 => String::new(),
            1 => real_signature.clone(),
            2 => {
                BASE64.encode((0..64).map(|_| u8::try_from(below(256)).expect("a byte")).collect::<Vec<_>>())
            }
            _ => BASE64.encode([0; 64]),
        };
        let token = format!("{}.{}.{signature}", part(&header.to_string()), part(&claims.to_string()));
        let refused = verify(&token, &keys).expect_err(&token);
        tried += 1;
        reached_signature += usize::from(refused == TokenError::Signature);
    }
    assert_eq!(tried, 40_000);
    assert!(reached_signature > 5_000, "too few were well-formed to mean anything: {reached_signature}");
}
