use serde_json::{Value, json};

use crate::{files::json::parse_strict, limits::Limits};

fn code(text: &[u8]) -> String {
    parse_strict(text, &Limits::default()).expect_err("refused").code
}

#[test]
fn strict_json_reads_what_is_json() {
    let text = r#" {"a": [1, -2, 3.5, 18446744073709551615, 1e300], "b": {"": null, "é\u0041\n\t": true}, "c": "\ud83d\ude00"} "#;
    let expected = json!({
        "a": [1, -2, 3.5, u64::MAX, 1e300], "b": {"": null, "éA\n\t": true}, "c": "\u{1f600}"
    });
    assert_eq!(parse_strict(text.as_bytes(), &Limits::default()), Ok(expected));
}

#[test]
fn strict_json_refuses_what_two_parsers_could_read_in_two_ways() {
    let cases: &[(&[u8], &str)] = &[
        (br#"{"name": "a", "name": "b"}"#, "json_duplicate_key"),
        (br#"[{"x": {"a": 1, "\u0061": 2}}]"#, "json_duplicate_key"),
        (br#"{"role\u0000admin": 1}"#, "json_control_character"),
        (br#"["\u001b[31m"]"#, "json_control_character"),
        (b"[\"\x7f\"]", "json_control_character"),
        (b"[\"\x07\"]", "json_syntax"),
        (b"[1e400]", "number_out_of_range"),
        (b"[12345678901234567890123]", "number_out_of_range"),
        (b"[-9223372036854775809]", "number_out_of_range"),
        (b"[NaN]", "json_syntax"),
        (b"{'a': 1}", "json_syntax"),
        (b"[1] 2", "json_syntax"),
        (b"[01]", "json_syntax"),
        (b"", "json_syntax"),
        (b"[\"\xff\"]", "json_syntax"),
        (br#"["\ud800"]"#, "json_syntax"),
    ];
    for (text, expected) in cases {
        assert_eq!(code(text), *expected, "{}", String::from_utf8_lossy(text));
    }
}

#[test]
fn large_numbers_in_texts_and_with_exponents_are_no_integers() {
    let text = br#"{"12345678901234567890123": "\"12345678901234567890123", "n": 1e25}"#;
    assert!(parse_strict(text, &Limits::default()).is_ok());
}

#[test]
fn strict_json_has_a_depth_limit() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth)).into_bytes();
    assert!(parse_strict(&nested(64), &Limits::default()).is_ok());
    for depth in [65, 1_000, 1_000_000] {
        assert_eq!(code(&nested(depth)), "json_depth");
    }
    assert_eq!(code("{\"a\":".repeat(100_000).as_bytes()), "json_depth");
}

#[test]
fn strict_json_says_where_it_stopped() {
    let problem = parse_strict(b"{\"a\": 1,\n \"a\": 2}", &Limits::default()).expect_err("refused");
    assert_eq!(problem.line, Some(2));
    let problem = parse_strict(b"{\n\n  nope}", &Limits::default()).expect_err("refused");
    assert_eq!((problem.line, problem.column), (Some(3), Some(3)));
}

#[test]
fn a_wide_object_costs_one_pass() {
    let entries: Vec<String> = (0..200_000).map(|n| format!("\"key{n}\": {n}")).collect();
    let text = format!("{{{}}}", entries.join(","));
    let value = parse_strict(text.as_bytes(), &Limits::default()).expect("valid");
    assert_eq!(value.as_object().map(serde_json::Map::len), Some(200_000));
    assert_eq!(value["key199999"], Value::from(199_999));
}
