//! Secrets made up for a test, which must turn up nowhere, looked for in every common encoding: four of each kind with
//! signs that encodings change, or plain words that may stand anywhere in a prompt.
//!
//! ```
//! use promptsync_testing::Canaries;
//!
//! let canaries = Canaries::new(&["password", "cookie"]);
//! let log = format!("signed in with {}", canaries.text("cookie", 0));
//! assert_eq!(canaries.found_in(log.as_bytes()), ["cookie 0, raw"]);
//! ```

use std::fmt::Write as _;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use memchr::memmem;

/// Canaries of each kind.
pub const OF_EACH_KIND: usize = 4;

/// The kind of [`Canaries::words`].
const WORD: &str = "word";

/// Made-up secrets of several kinds.
#[derive(Debug)]
pub struct Canaries(Vec<Canary>);

#[derive(Debug)]
struct Canary {
    kind: &'static str,
    number: usize,
    text: String,
    /// What it looks like in each encoding, with the encoding's name.
    shapes: Vec<(&'static str, Vec<u8>)>,
}

impl Canaries {
    /// Canaries of these kinds. The same kind has the same texts in every run.
    pub fn new(kinds: &[&'static str]) -> Self {
        let numbers = |kind: &&'static str| {
            (0..OF_EACH_KIND).map(|number| Canary::new(kind, number)).collect::<Vec<_>>()
        };
        Self(kinds.iter().flat_map(numbers).collect())
    }

    /// So many words of 20 letters, of the kind `word`. They begin differently, so that an index that shortens common
    /// beginnings keeps all of them; and because it may share a beginning, the last three quarters are looked for.
    pub fn words(count: usize) -> Self {
        let canary = |number| {
            let text = word(number);
            let shapes = shapes(&text[text.len() / 4..]);
            Canary { kind: WORD, number, text, shapes }
        };
        Self((0..count).map(canary).collect())
    }

    /// One of the words.
    pub fn word(&self, number: usize) -> &str {
        self.text(WORD, number)
    }

    /// The text of one of them: letters, digits, and characters that encodings change.
    pub fn text(&self, kind: &str, number: usize) -> &str {
        let canary = self.0.iter().find(|canary| canary.kind == kind && canary.number == number);
        canary.map_or_else(|| panic!("there is no canary `{kind}` {number}"), |canary| &canary.text)
    }

    /// Every text, with its kind.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|canary| (canary.kind, canary.text.as_str()))
    }

    /// Which of them these bytes hold, and in what encoding: `cookie 0, base64`.
    pub fn found_in(&self, bytes: &[u8]) -> Vec<String> {
        let mut found = Vec::new();
        for Canary { kind, number, shapes, .. } in &self.0 {
            let shape = shapes.iter().find(|(_, shape)| memmem::find(bytes, shape).is_some());
            found.extend(shape.map(|(encoding, _)| format!("{kind} {number}, {encoding}")));
        }
        found
    }
}

impl Canary {
    fn new(kind: &'static str, number: usize) -> Self {
        // FNV-1a: any function that spreads will do, as long as it is the same in every run.
        let seed = kind.bytes().chain([u8::try_from(number).unwrap_or_default()]);
        let spread = seed.fold(0xcbf2_9ce4_8422_2325_u64, |state, byte| {
            (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let text = format!("Cnry{:016x}+/&=\"{:08x}", spread, spread.wrapping_mul(31) >> 32);
        let shapes = shapes(&text);
        Self { kind, number, text, shapes }
    }
}

/// A word of 20 letters that stands nowhere but where a test put it.
fn word(number: usize) -> String {
    let mut state = (number as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let letter = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + u8::try_from((state >> 33) % 26).unwrap_or_default())
    };
    std::iter::repeat_with(letter).take(20).collect()
}

/// What a text looks like in each encoding. Of base64 the inner characters: the outer ones depend on what stands beside.
fn shapes(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = text.as_bytes();
    let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let percent = |every: bool| {
        bytes.iter().fold(String::new(), |mut text, byte| {
            if byte.is_ascii_alphanumeric() && !every {
                text.push(char::from(*byte));
            } else {
                let _ = write!(text, "%{byte:02X}");
            }
            text
        })
    };
    let html = text.replace('&', "&amp;").replace('"', "&quot;");
    let mut shapes = vec![
        ("raw", text.to_owned()),
        ("JSON", text.replace('"', "\\\"")),
        ("HTML", html),
        ("upper case", text.to_uppercase()),
        ("hexadecimal", hex.to_uppercase()),
        ("hexadecimal", hex),
        ("URL", percent(false)),
        ("URL", percent(true)),
        ("reversed", text.chars().rev().collect()),
    ];
    for before in 0..3 {
        let padded = [&[b'x'; 3][..before], bytes].concat();
        // Each character stands for six bits; those that hold bits of the neighbours are left away.
        let (first, last) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
        shapes.push(("base64", STANDARD_NO_PAD.encode(&padded)[first..last].to_owned()));
        shapes.push(("base64", URL_SAFE_NO_PAD.encode(&padded)[first..last].to_owned()));
    }
    shapes.into_iter().map(|(name, shape)| (name, shape.into_bytes())).collect()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    use super::*;

    #[test]
    fn a_canary_is_found_in_each_encoding_wherever_it_stands() {
        let canaries = Canaries::new(&["password", "cookie"]);
        let text = canaries.text("password", 3);
        let percent = text
            .replace('+', "%2B")
            .replace('/', "%2F")
            .replace('&', "%26")
            .replace('=', "%3D")
            .replace('"', "%22");
        for (encoding, held) in [
            ("raw", text.to_owned()),
            ("JSON", serde_json::json!({ "a": text }).to_string()),
            ("base64", STANDARD.encode(text)),
            ("base64", STANDARD.encode(format!("a{text}z"))),
            ("base64", STANDARD.encode(format!("ab{text}yz"))),
            ("base64", URL_SAFE.encode(format!("abcd{text}"))),
            ("hexadecimal", text.bytes().map(|byte| format!("{byte:02x}")).collect()),
            ("URL", percent),
        ] {
            let found = canaries.found_in(format!("before {held} after").as_bytes());
            assert_eq!(found, [format!("password 3, {encoding}")], "{held}");
        }
        assert_eq!(canaries.found_in(b"nothing"), [""; 0]);
        assert_eq!(canaries.found_in(&text.as_bytes()[1..]), [""; 0]);
    }

    #[test]
    fn all_canaries_differ() {
        let canaries = Canaries::new(&["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]);
        let texts: std::collections::BTreeSet<_> = canaries.all().map(|(_, text)| text).collect();
        assert_eq!(texts.len(), 40);
    }

    #[test]
    fn a_word_is_found_without_its_beginning_and_no_other_is() {
        let canaries = Canaries::words(9);
        let end = &canaries.word(7)[5..];
        for (encoding, held) in [
            ("raw", end.to_owned()),
            ("upper case", end.to_uppercase()),
            ("hexadecimal", end.bytes().map(|byte| format!("{byte:02X}")).collect()),
            ("base64", STANDARD.encode(format!("a{}z", canaries.word(7)))),
            ("reversed", canaries.word(7).chars().rev().collect()),
        ] {
            assert_eq!(canaries.found_in(held.as_bytes()), [format!("word 7, {encoding}")], "{held}");
        }
        assert_eq!(canaries.found_in(Canaries::words(10).word(9).as_bytes()), [""; 0]);
    }
}
