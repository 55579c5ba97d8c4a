//! Canaries: texts that occur nowhere else, and a search for their traces in whatever bytes there are.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A word of 20 letters that stands nowhere but where a test put it.
///
/// Words of different numbers begin differently, so that an index that shortens common beginnings keeps all of it.
pub fn canary(number: u64) -> String {
    let mut state = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let letter = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + u8::try_from((state >> 33) % 26).unwrap_or_default())
    };
    std::iter::repeat_with(letter).take(20).collect()
}

/// The forms in which a secret stands in some bytes: raw, hexadecimal, base64 at each offset, or URL-encoded. The
/// first letters are left out, because indexes share them between neighbours.
pub fn traces(bytes: &[u8], secret: &str) -> Vec<&'static str> {
    let end = &secret[secret.len() / 4..];
    let hex: String = end.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![
        ("raw", end.to_owned()),
        ("upper case", end.to_uppercase()),
        ("hex", hex.clone()),
        ("hex", hex.to_uppercase()),
        ("url", utf8_percent_encode(end, NON_ALPHANUMERIC).to_string()),
        ("reversed", end.chars().rev().collect()),
    ];
    for offset in 0..3 {
        let shifted = [vec![0; offset], end.as_bytes().to_vec()].concat();
        for text in [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
            // The first and last characters also depend on what stands around the secret.
            let whole = shifted.len() * 8 / 6;
            forms.push(("base64", text[(offset * 8).div_ceil(6)..whole].to_owned()));
        }
    }
    let holds = |form: &str| bytes.windows(form.len()).any(|part| part == form.as_bytes());
    forms.into_iter().filter(|(_, form)| holds(form)).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_secret_is_found_wherever_it_begins() {
        let secret = canary(7);
        for before in ["", "a", "ab", "abc"] {
            let text = format!("{before}{secret}z");
            let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
            for (name, bytes) in [
                ("raw", text.clone()),
                ("hex", hex.clone()),
                ("hex", hex.to_uppercase()),
                ("base64", STANDARD_NO_PAD.encode(&text)),
                ("base64", URL_SAFE_NO_PAD.encode(&text)),
            ] {
                assert!(
                    traces(bytes.as_bytes(), &secret).contains(&name),
                    "{name} after {before:?}: {bytes}"
                );
            }
        }
        assert!(traces(canary(8).as_bytes(), &secret).is_empty());
        let odd = "pass word/with+signs?";
        let encoded = utf8_percent_encode(odd, NON_ALPHANUMERIC).to_string();
        assert!(traces(encoded.as_bytes(), odd).contains(&"url"));
    }
}
