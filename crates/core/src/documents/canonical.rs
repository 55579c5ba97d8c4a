//! The canonical form of a document and its digest.

use serde_json::{Number, Value};

use super::{Body, Document, Message};
use crate::digest::Digest;

/// The canonical form: one text for one content, on every platform.
///
/// It is JSON as RFC 8785 (JSON Canonicalization Scheme) writes it: no white space, keys in the order of their UTF-16
/// code units, strings with the shortest escapes. Fields of a document that are empty or absent are left out.
///
/// Two points are our own:
///
/// - `1` and `1.0` are different values, because a template prints them differently. Whole numbers are written as
///   they are, however large; other numbers as RFC 8785 does, with `.0` where nothing else tells them from a whole
///   number. `-0` is `0`. There are no other numbers: JSON has neither infinity nor NaN.
/// - Line ends in template texts are LF, so that a checkout on Windows has the digest of one on Linux.
pub fn canonical(document: &Document) -> String {
    let mut document = document.clone();
    unify_line_ends(&mut document);
    let value =
        serde_json::to_value(&document).expect("a document holds only strings, lists, maps and JSON values");
    let mut text = String::new();
    write(&value, &mut text);
    text
}

/// The digest of the canonical form.
pub fn digest(document: &Document) -> Digest {
    Digest::of(canonical(document).as_bytes())
}

fn unify_line_ends(document: &mut Document) {
    let bodies = [&mut document.body].into_iter();
    let bodies = bodies.chain(document.variants.iter_mut().map(|variant| &mut variant.body));
    for body in bodies.chain(document.models.values_mut()) {
        match body {
            Body::Text(text) => to_lf(text),
            Body::Messages(messages) => messages.iter_mut().for_each(|message| {
                if let Message::Said(said) = message {
                    to_lf(&mut said.content);
                }
            }),
        }
    }
    document.partials.values_mut().for_each(to_lf);
}

/// Drops every CR before an LF, so that doing it twice changes nothing.
fn to_lf(text: &mut String) {
    if text.contains("\r\n") {
        let mut lines = text.split('\n').peekable();
        let mut unified = String::with_capacity(text.len());
        while let Some(line) = lines.next() {
            match lines.peek() {
                Some(_) => {
                    unified.push_str(line.trim_end_matches('\r'));
                    unified.push('\n');
                }
                None => unified.push_str(line),
            }
        }
        *text = unified;
    }
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (index, (key, value)) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_string(key, out);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::String(text) => write_string(text, out),
        Value::Number(number) => out.push_str(&number_text(number)),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Null => out.push_str("null"),
    }
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\0'..'\u{20}' => {
                let escape = format!("\\u{:04x}", u32::from(character));
                out.push_str(&escape);
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}

/// Digits and layout of ECMAScript's `Number::toString`, which RFC 8785 refers to; whole floats keep a `.0`.
fn number_text(number: &Number) -> String {
    let Some(float) = number.as_f64().filter(|_| number.is_f64()) else { return number.to_string() };
    if float == 0.0 {
        return if float.is_sign_negative() { "0".to_owned() } else { "0.0".to_owned() };
    }
    let sign = if float < 0.0 { "-" } else { "" };
    // Shortest digits that read back as the same number: `d.ddde±x`.
    let scientific = format!("{:e}", float.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    let (first, rest) = digits.split_at(1);
    match exponent {
        0..=20 if count <= exponent + 1 => format!("{sign}{digits}{}.0", zeros(exponent + 1 - count)),
        0..=20 => {
            let (whole, fraction) = digits.split_at(usize::try_from(exponent + 1).unwrap_or(1));
            format!("{sign}{whole}.{fraction}")
        }
        -6..=-1 => format!("{sign}0.{}{digits}", zeros(-exponent - 1)),
        _ if rest.is_empty() => format!("{sign}{first}e{exponent:+}"),
        _ => format!("{sign}{first}.{rest}e{exponent:+}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn document(value: Value) -> Document {
        serde_json::from_value(value).unwrap()
    }

    /// A document with metadata of every kind, and its digest on every platform.
    fn full() -> Document {
        document(json!({
            "kind": "chat",
            "engine": "jinja",
            "body": [
                {"role": "system", "content": "You are {{ role }}.\r\nBe brief."},
                {"placeholder": "history", "optional": true},
                {"role": "user", "content": "{{ question }}"},
            ],
            "variables": {
                "role": {"type": "string", "default": "a clerk"},
                "question": {"description": "„Grüße“ 😀 \u{7f}\u{1f}\u{2028}"},
            },
            "variants": [{"tags": {"tone": "formal", "locale": "de"}, "body": "Guten Tag"}],
            "dependencies": {"greeting": "^1.2"},
            "metadata": {"temperature": 0.7, "top_p": 1.0, "max_tokens": 1024, "tags": ["b", "a"], "seed": -0.0},
        }))
    }

    #[test]
    fn the_canonical_form_and_its_digest_are_known() {
        let expected = concat!(
            r#"{"body":[{"content":"You are {{ role }}.\nBe brief.","role":"system"},"#,
            r#"{"optional":true,"placeholder":"history"},{"content":"{{ question }}","role":"user"}],"#,
            r#""dependencies":{"greeting":"^1.2"},"engine":"jinja","kind":"chat","#,
            r#""metadata":{"max_tokens":1024,"seed":0,"tags":["b","a"],"temperature":0.7,"top_p":1.0},"#,
            r#""variables":{"question":{"description":"„Grüße“ 😀 "#,
            "\u{7f}\\u001f\u{2028}",
            r#""},"role":{"default":"a clerk","type":"string"}},"#,
            r#""variants":[{"body":"Guten Tag","tags":{"locale":"de","tone":"formal"}}]}"#,
        );
        assert_eq!(canonical(&full()), expected);
        let digest_of = |document: &Document| digest(document).to_string();
        assert_eq!(
            digest_of(&full()),
            "sha256:a53101a96ad6f88263a6006b123045cff710e9c7eb75a85fef6755c2f25cef86"
        );
        assert_eq!(
            digest_of(&Document::default()),
            "sha256:463ffce7e6081e0962a74f300b918c7d887d93c06451b7a27b4b58a191d05b65"
        );
        assert_eq!(canonical(&Document::default()), r#"{"body":"","engine":"jinja","kind":"text"}"#);
    }

    #[test]
    fn line_ends_do_not_count_in_templates_and_do_elsewhere() {
        let with = |newline: &str| {
            let text = format!("a{newline}b");
            document(json!({
                "kind": "text", "engine": "jinja", "body": text, "models": {"m": [{"role": "user", "content": text}]},
                "variants": [{"tags": {"a": "b"}, "body": text}], "partials": {"p": text},
            }))
        };
        assert_eq!(digest(&with("\r\n")), digest(&with("\n")));
        assert_ne!(digest(&with("\r")), digest(&with("\n")));
        let noted = |text: &str| {
            document(json!({"kind": "text", "engine": "jinja", "body": "", "metadata": {"n": text}}))
        };
        assert_ne!(digest(&noted("a\r\nb")), digest(&noted("a\nb")));
    }

    #[test]
    fn keys_are_in_the_order_of_their_utf16_code_units() {
        // The example of RFC 8785, section 3.2.3.
        let value =
            json!({"\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7});
        let mut text = String::new();
        write(&value, &mut text);
        assert_eq!(
            text,
            "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}"
        );
    }

    #[test]
    fn numbers_have_one_form_and_whole_floats_stay_floats() {
        let cases = [
            ("0", "0"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("0.0", "0.0"),
            ("1", "1"),
            ("1.0", "1.0"),
            ("1e0", "1.0"),
            ("10.50", "10.5"),
            ("-12.25", "-12.25"),
            ("18446744073709551615", "18446744073709551615"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("18446744073709551616", "18446744073709552000.0"),
            ("1e20", "100000000000000000000.0"),
            ("1e21", "1e+21"),
            ("1.5e300", "1.5e+300"),
            ("0.000001", "0.000001"),
            ("1.25e-6", "0.00000125"),
            ("1e-7", "1e-7"),
            ("5e-324", "5e-324"),
            ("333333333.33333329", "333333333.3333333"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            ("4.35", "4.35"),
        ];
        for (written, expected) in cases {
            let mut text = String::new();
            write(&serde_json::from_str(written).unwrap(), &mut text);
            assert_eq!(text, expected, "{written}");
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            (-1000.0..1000.0).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec(("[a-d]|[é😀ﬀ]", inner), 0..4)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    fn any_document() -> impl Strategy<Value = Value> {
        let texts = prop::collection::btree_map("[a-c]{1,3}", "[a-z{}\r\n]{0,8}", 0..4);
        (json(), json(), texts.clone(), texts).prop_map(|(note, default, partials, tags)| {
            json!({
                "kind": "instruction", "engine": "handlebars", "body": "x\r\ny",
                "variables": {"v": {"default": default, "description": "d"}, "u": {}},
                "variants": [{"tags": tags, "body": [{"role": "user", "name": "n", "content": "c"}]}],
                "partials": partials, "metadata": {"z": note, "a": 1.0}, "extra": {"k": note},
            })
        })
    }

    fn reversed(value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                map.iter().rev().map(|(key, value)| (key.clone(), reversed(value))).collect()
            }
            Value::Array(items) => items.iter().map(reversed).collect(),
            other => other.clone(),
        }
    }

    proptest! {
        #[test]
        fn the_order_of_keys_does_not_change_the_digest(value in any_document()) {
            prop_assert_eq!(digest(&document(reversed(&value))), digest(&document(value)));
        }

        #[test]
        fn a_document_read_back_from_its_canonical_form_has_the_same_form(value in any_document()) {
            let text = canonical(&document(value));
            let read: Document = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(canonical(&read), text);
        }
    }
}
