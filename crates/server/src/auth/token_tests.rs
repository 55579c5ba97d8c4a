//! Attacks on access tokens, each refused. Rows A12 to A24 of the list of bad inputs.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};

use super::*;

fn tokens() -> Tokens {
    Tokens::new(&ServerSecret::from_bytes([7; 32]), "https://prompts.example")
}

fn now() -> Timestamp {
    Timestamp::from_timestamp(1_793_534_400, 0).expect("a moment")
}

fn good(tokens: &Tokens) -> String {
    let (person, session, workspace) = (UserId::new("u1"), SessionId::new("s1"), WorkspaceId::new("w1"));
    tokens.issue(&person, &session, &workspace, "j1".into(), now())
}

fn claims() -> Value {
    let at = now().timestamp();
    json!({
        "iss": "https://prompts.example", "aud": "promptsync", "sub": "u1", "sid": "s1", "ws": "w1", "jti": "j1",
        "iat": at, "nbf": at, "exp": at + 300,
    })
}

/// Signed rightly with the right key, whatever header and body.
fn signed(header: &str, body: &str) -> String {
    let signed = format!("{}.{}", BASE64.encode(header), BASE64.encode(body));
    let signature = tokens().key.sign(signed.as_bytes());
    format!("{signed}.{}", BASE64.encode(signature.to_bytes()))
}

#[test]
fn a_token_says_who_is_in_which_session() {
    let tokens = tokens();
    let token = good(&tokens);
    for _ in 0..2 {
        let read = tokens.read(&token, now()).expect("a good token");
        assert_eq!((read.sub.as_str(), read.sid.as_str(), read.ws.as_str()), ("u1", "s1", "w1"));
    }
    assert_eq!(signed(HEADER, &claims().to_string()).split('.').next(), token.split('.').next());
    assert!(
        tokens.read(&signed(HEADER, &claims().to_string()), now()).is_some(),
        "the table below rests on it"
    );
}

#[test]
fn only_the_one_header_is_read_even_under_a_right_signature() {
    let body = claims().to_string();
    for header in [
        r#"{"alg":"none","typ":"at+jwt"}"#,
        r#"{"alg":"None","typ":"at+jwt"}"#,
        r#"{"alg":"nOnE","typ":"at+jwt"}"#,
        r#"{"alg":"HS256","typ":"at+jwt"}"#,
        r#"{"alg":"RS256","typ":"at+jwt"}"#,
        r#"{"alg":"EdDSA","typ":"JWT"}"#,
        r#"{"alg":"EdDSA"}"#,
        r#"{"typ":"at+jwt","alg":"EdDSA"}"#,
        r#"{"alg":"EdDSA", "typ":"at+jwt"}"#,
        r#"{"alg":"EdDSA","typ":"at+jwt","kid":"../../../dev/null"}"#,
        r#"{"alg":"EdDSA","typ":"at+jwt","jku":"http://127.0.0.1:9/keys"}"#,
        r#"{"alg":"EdDSA","typ":"at+jwt","x5u":"http://127.0.0.1:9/cert"}"#,
        r#"{"alg":"EdDSA","typ":"at+jwt","jwk":{"kty":"OKP","crv":"Ed25519","x":"AA"}}"#,
        r#"{"alg":"EdDSA","typ":"at+jwt","crit":["exp2"]}"#,
        r#"{"alg":"EdDSA","typ":"at+jwt","crit":["b64"],"b64":false}"#,
        r#"{"alg":"EdDSA","typ":"at+jwt","zip":"DEF"}"#,
        r#"{"alg":"dir","enc":"A256GCM","typ":"at+jwt"}"#,
        r#"{"alg":"none","alg":"EdDSA","typ":"at+jwt"}"#,
        "",
        "null",
    ] {
        assert_eq!(tokens().read(&signed(header, &body), now()), None, "{header}");
    }
}

#[test]
fn every_claim_has_to_be_there_once_with_its_type_and_value() {
    let at = now().timestamp();
    let with = |name: &str, value: Value| {
        let mut changed = claims();
        changed[name] = value;
        changed.to_string()
    };
    let mut bodies = vec![
        with("exp", json!(at - 61)),
        with("exp", json!(at - 60)),
        with("nbf", json!(at + 61)),
        with("iat", json!(at + 600)),
        with("exp", json!((at + 300).to_string())),
        with("exp", json!(1_793_534_700.5)),
        with("exp", json!([at + 300])),
        with("exp", json!(null)),
        with("exp", json!(-1)),
        with("exp", json!(1e300)),
        with("nbf", json!("0")),
        with("iat", json!(true)),
        with("iss", json!("https://evil.example")),
        with("iss", json!(["https://prompts.example"])),
        with("aud", json!("another")),
        with("aud", json!(["promptsync", "another"])),
        with("aud", json!("")),
        with("sub", json!(null)),
        with("sid", json!(7)),
        with("role", json!("admin")),
        with("groups", json!(["admins"])),
        claims().to_string().replacen('{', r#"{"sub":"u2","#, 1),
        claims().to_string().replacen('{', "{{", 1),
        format!("{} {}", claims(), claims()),
        "[]".to_owned(),
        String::new(),
    ];
    for missing in ["iss", "aud", "sub", "sid", "ws", "jti", "iat", "nbf", "exp"] {
        let mut without = claims();
        without.as_object_mut().expect("an object").remove(missing);
        bodies.push(without.to_string());
    }
    for body in bodies {
        assert_eq!(tokens().read(&signed(HEADER, &body), now()), None, "{body}");
    }
    assert!(
        tokens().read(&signed(HEADER, &with("exp", json!(at - 59))), now()).is_some(),
        "within the leeway"
    );
}

#[test]
fn a_token_that_was_good_is_refused_when_its_time_is_over() {
    let tokens = tokens();
    let token = good(&tokens);
    let later = |seconds| now() + chrono::TimeDelta::seconds(seconds);
    assert!(tokens.read(&token, later(359)).is_some());
    assert_eq!(tokens.read(&token, later(360)), None);
    assert_eq!(tokens.read(&token, later(-61)), None);
}

#[test]
fn signatures_of_others_and_changed_tokens_are_refused() {
    let token = good(&tokens());
    let parts: Vec<&str> = token.split('.').collect();
    let public = tokens().public.to_bytes();
    let mut mac = Hmac::<Sha256>::new_from_slice(&public).expect("any key");
    let head = BASE64.encode(r#"{"alg":"HS256","typ":"at+jwt"}"#);
    mac.update(format!("{head}.{}", parts[1]).as_bytes());
    let confused = format!("{head}.{}.{}", parts[1], BASE64.encode(mac.finalize().into_bytes()));
    let other = Tokens::new(&ServerSecret::from_bytes([8; 32]), "https://prompts.example");
    let edited = claims().to_string().replace("u1", "u2");
    let long = format!("{token}{}", "A".repeat(9000));
    let cases = [
        confused,
        good(&other),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{}.{}.{}", parts[0], BASE64.encode(edited), parts[2]),
        format!("{token}.{}", parts[2]),
        format!("{}..{}", parts[0], parts[2]),
        format!("{}.{}.{}=", parts[0], parts[1], parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], BASE64.encode([0; 64])),
        format!("{}.{}.!!!", parts[0], parts[1]),
        format!(" {token}"),
        token.replace('.', ".."),
        token.to_uppercase(),
        "...".to_owned(),
        "a.b.c".to_owned(),
        "é.é.é".to_owned(),
        long,
    ];
    for case in cases {
        assert_eq!(tokens().read(&case, now()), None, "{case}");
    }
}

#[test]
fn a_changed_bit_anywhere_is_noticed() {
    let tokens = tokens();
    let token = good(&tokens);
    for at in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).expect("ASCII");
        assert_eq!(tokens.read(&changed, now()), None, "{at}");
    }
}

#[test]
fn tens_of_thousands_of_made_up_tokens_are_refused() {
    let (ours, theirs) =
        (tokens(), Tokens::new(&ServerSecret::from_bytes([8; 32]), "https://prompts.example"));
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut draw = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).expect("below a usize")
    };
    let headers = [HEADER, r#"{"alg":"none"}"#, r#"{"alg":"EdDSA"}"#, "{}", "[]", ""];
    let values = ["1", "-1", "1e400", "\"x\"", "null", "true", "[]", "{}", "9999999999", "\"\\u0000\""];
    let names = ["iss", "aud", "sub", "sid", "ws", "jti", "iat", "nbf", "exp", "role", "alg"];
    for round in 0..30_000 {
        let mut body = claims().to_string();
        for _ in 0..=draw(3) {
            let pair = format!("{{\"{}\":{},", names[draw(names.len())], values[draw(values.len())]);
            body = body.replacen('{', &pair, 1);
        }
        let head = BASE64.encode(headers[draw(headers.len())]);
        let signed = format!("{head}.{}", BASE64.encode(&body));
        let signature = match draw(3) {
            0 => ours.key.sign(signed.as_bytes()).to_bytes(),
            1 => theirs.key.sign(signed.as_bytes()).to_bytes(),
            _ => std::array::from_fn(|_| u8::try_from(draw(256)).expect("a byte")),
        };
        let mut token = format!("{signed}.{}", BASE64.encode(signature)).into_bytes();
        if draw(2) == 0 {
            let at = draw(token.len());
            token[at] = b"ABCabc019-_.=+/ "[draw(16)];
        }
        let token = String::from_utf8(token).expect("ASCII");
        assert_eq!(ours.read(&token, now()), None, "{round}: {token}");
    }
    assert!(ours.is_ours(&good(&ours)) && !ours.is_ours(&good(&theirs)));
}
