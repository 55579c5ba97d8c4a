use super::read_all;
use crate::{
    files::{SourceFile, parse, parse_folder},
    limits::Limits,
    problem::Problem,
};

fn problems(path: &str, bytes: &[u8]) -> Vec<Problem> {
    match parse(SourceFile { path, bytes }, &Limits::default()) {
        Ok(drafts) => panic!("{path} was read: {drafts:#?}\n{}", String::from_utf8_lossy(bytes)),
        Err(problems) => problems,
    }
}

/// A code, line and column.
type Refused<'a> = (&'a str, Option<u32>, Option<u32>);

/// Code, line and column of the only problem.
fn only(path: &str, bytes: &[u8]) -> (String, Option<u32>, Option<u32>) {
    let found = problems(path, bytes);
    assert_eq!(found.len(), 1, "{path}\n{}\n{found:#?}", String::from_utf8_lossy(bytes));
    assert_eq!(found[0].file.as_deref(), Some(path));
    (found[0].code.clone(), found[0].line, found[0].column)
}

#[test]
fn a_bad_yaml_file_is_refused_with_its_code_and_place() {
    let cases: &[(&str, &str, u32, u32)] = &[
        ("a: &a [*a]\ncontent: x", "yaml_recursive", 1, 8),
        ("a: &a {b: *a}\ncontent: x", "yaml_recursive", 1, 11),
        ("x: !!python/object/apply:os.system [\"id\"]\ncontent: x", "yaml_tag_forbidden", 1, 4),
        ("x: !!js/function \"function(){}\"\ncontent: x", "yaml_tag_forbidden", 1, 4),
        ("content: !custom x", "yaml_tag_forbidden", 1, 10),
        ("content: !!binary aGk=", "yaml_tag_forbidden", 1, 10),
        ("content: a\ncontent: b", "yaml_duplicate_key", 2, 1),
        ("metadata:\n  a: 1\n  b: 2\n  a: 3\ncontent: x", "yaml_duplicate_key", 4, 3),
        ("content: x\nmetadata:\n\ta: 1\n", "yaml_syntax", 3, 1),
        ("content: \"a\\0b\"", "control_character", 1, 10),
        ("content: x\nmetadata:\n  a: .nan", "number_out_of_range", 3, 6),
        ("content: x\nmetadata:\n  a: [1, -.inf]", "number_out_of_range", 3, 10),
        ("content: x\ncustom: 99999999999999999999999999", "number_out_of_range", 2, 9),
        ("content: x\ncustom: 1e999", "number_out_of_range", 2, 9),
        ("", "empty_prompt", 1, 1),
        ("# only a comment\n", "empty_prompt", 1, 1),
        ("null\n", "empty_prompt", 1, 1),
        ("~", "empty_prompt", 1, 1),
        ("{}", "empty_prompt", 1, 1),
        ("prompts: []", "empty_prompt", 1, 1),
        ("description: no text", "empty_prompt", 1, 1),
        ("content: \"  \\n\"", "empty_prompt", 1, 1),
        ("content: x\n---\ncontent: y", "yaml_syntax", 2, 1),
        ("- a\n- b", "wrong_type", 1, 1),
        ("just words", "wrong_type", 1, 1),
        ("content: {{ name }}", "yaml_syntax", 1, 11),
        ("content: [a]", "wrong_type", 1, 1),
        ("content: a: b", "yaml_syntax", 1, 11),
        ("content: *missing", "yaml_syntax", 1, 10),
        ("content: x\nversion: 1.2", "semver", 2, 1),
        ("content: x\nversion: 1.10", "semver", 2, 1),
        ("content: x\nversion: 18446744073709551616.0.0", "semver", 2, 1),
        ("content: x\nversion: 1.2.3/../..", "semver", 2, 1),
        ("content: x\ngit_commit: \"abc123; rm -rf /\"", "bad_commit", 2, 1),
        ("content: x\ngit_commit: --upload-pack=x", "bad_commit", 2, 1),
        ("content: x\ngit_commit: abc123", "bad_commit", 2, 1),
        ("content: x\nengine: mustache", "invalid", 2, 1),
        ("content: x\nkind: poem", "invalid", 2, 1),
        ("content: x\nkind: chat", "wrong_type", 1, 1),
        ("kind: text\nmessages: [{role: user, content: x}]", "wrong_type", 2, 1),
        ("content: x\nmessages: [{role: user, content: x}]", "invalid", 2, 1),
        ("messages: []", "empty_messages", 1, 1),
        ("messages:\n  - role: root\n    content: x", "invalid_role", 2, 5),
        ("messages:\n  - role: user", "missing_field", 2, 5),
        ("messages:\n  - placeholder: \"a b\"", "name", 2, 5),
        ("content: x\nvariants:\n  - content: y", "missing_field", 3, 5),
        ("content: x\nvariants:\n  - tags: {a: b}", "missing_field", 3, 5),
        ("content: x\nvariants:\n  - tags: {a: b}\n    messages: [{user: y}]", "wrong_type", 4, 5),
        ("content: x\nmodels:\n  gpt:\n    - user: y", "wrong_type", 3, 3),
        ("content: x\nvariables:\n  a: {type: strin}", "invalid", 3, 7),
        (
            "content: x\nvariables:\n  - name: a\n    type: integer\n    default: many",
            "invalid_default",
            5,
            5,
        ),
        ("content: x\nvariables:\n  a: {type: integer, default: 1.5}", "invalid_default", 3, 22),
        ("content: x\nvariables:\n  a: {type: boolean, default: \"true\"}", "invalid_default", 3, 22),
        ("content: x\nvariables:\n  a: {enum: [low, high], default: mid}", "invalid_default", 3, 26),
        ("content: x\nvariables:\n  a: {type: enum}", "missing_field", 3, 3),
        ("content: x\nvariables: [a, \"b c\"]", "name", 2, 16),
        ("content: x\nvariables: [a, a]", "invalid", 2, 16),
        ("content: x\ndependencies: {footer: not a range}", "semver", 2, 16),
        ("content: x\ndependencies: [../etc]", "name", 2, 16),
        ("content: x\ninput_schema: [1]", "wrong_type", 2, 1),
        ("description: a\nmetadata: {description: b}\ncontent: x", "invalid", 2, 12),
        ("prompts:\n  - template: {content: x}", "missing_field", 2, 5),
        ("prompts:\n  - id: ../x\n    template: {content: x}", "name", 2, 5),
    ];
    let mut wrong = Vec::new();
    for (text, code, line, column) in cases {
        let found = only("a.yaml", text.as_bytes());
        if found != ((*code).to_owned(), Some(*line), Some(*column)) {
            wrong.push((text, found));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn yaml_bombs_are_refused_by_the_budget() {
    let deep = "{a: ".repeat(50_000);
    let deep_blocks = (0..500).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect::<Vec<_>>().concat();
    let deep_lists = "- ".repeat(10_000);
    let wide = format!("a: &a \"{}\"\nb: [{}]", "x".repeat(50_000), "*a,".repeat(20_000));
    let doubling: String = std::iter::once("a0: &a0 [x]\n".to_owned())
        .chain((1..40).map(|n| format!("a{n}: &a{n} [*a{}, *a{}]\n", n - 1, n - 1)))
        .collect();
    let towers: String = std::iter::once(format!("a0: &a0 {}x{}\n", "[".repeat(40), "]".repeat(40)))
        .chain((1..10).map(|n| format!("a{n}: &a{n} {}*a{}{}\n", "[".repeat(40), n - 1, "]".repeat(40))))
        .collect();
    let many = (0..21_000).map(|n| format!("k{n}: 1\n")).collect::<Vec<_>>().concat();
    let anchors = (0..200).map(|n| format!("k{n}: &a{n} 1\n")).collect::<Vec<_>>().concat();
    let cases = [
        ("nested flow maps", deep, "yaml_depth"),
        ("nested block maps", deep_blocks, "yaml_depth"),
        ("nested block lists", deep_lists, "yaml_depth"),
        ("a long text many times", wide, "yaml_too_complex"),
        ("doubling aliases", doubling, "yaml_too_complex"),
        ("aliases that add depth", towers, "yaml_depth"),
        ("many nodes", many, "yaml_too_complex"),
        ("many anchors", anchors, "yaml_too_complex"),
    ];
    for (what, text, code) in cases {
        assert_eq!(only("a.yaml", text.as_bytes()).0, code, "{what}");
    }
}

#[test]
fn a_file_that_is_not_clean_text_is_refused() {
    let large = vec![b'x'; (1 << 20) + 1];
    let utf16: Vec<u8> = "\u{feff}hi".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: &[(&[u8], Refused<'_>)] = &[
        (&utf16, ("not_utf8", None, None)),
        (b"ab\nc\xffd", ("not_utf8", Some(2), Some(2))),
        (b"lone surrogate \xed\xa0\x80", ("not_utf8", Some(1), Some(16))),
        (b"a\nb\0", ("control_character", Some(2), Some(2))),
        (b"bell \x07", ("control_character", Some(1), Some(6))),
        (b"delete \x7f", ("control_character", Some(1), Some(8))),
        (b"", ("empty_prompt", Some(1), Some(1))),
        (b" \n\t\n", ("empty_prompt", Some(1), Some(1))),
        (b"\xef\xbb\xbf", ("empty_prompt", Some(1), Some(1))),
        (&large, ("file_too_large", None, None)),
    ];
    for path in ["a.txt", "a.md"] {
        for (bytes, (code, line, column)) in cases {
            assert_eq!(only(path, bytes), ((*code).to_owned(), *line, *column), "{path} {code}");
        }
    }
    assert!(problems("a.txt", b"ab\nc\xffd")[0].message.contains("byte offset 4"));
    let whole = vec![b'x'; 1 << 20];
    assert!(parse(SourceFile { path: "a.txt", bytes: &whole }, &Limits::default()).is_ok());
}

#[test]
fn a_bad_json_file_is_refused_with_its_code_and_place() {
    let deep = format!("{{\"content\":\"x\",\"custom\":{}{}}}", "[".repeat(64), "]".repeat(64));
    let cases: &[(&str, &str, Option<u32>)] = &[
        ("{\"name\":\"a\",\n\"name\":\"b\"}", "json_duplicate_key", Some(2)),
        ("{\"content\": \"a\\u0000\"}", "json_control_character", Some(1)),
        ("{\"role\\u0000admin\": 1}", "json_control_character", Some(1)),
        ("{\"content\": \"x\",}", "json_syntax", Some(1)),
        ("{\"content\": \"\\ud800\"}", "json_syntax", Some(1)),
        ("{\"content\": \"x\", \"custom\": 1e999}", "number_out_of_range", Some(1)),
        ("{\"content\": \"x\", \"custom\": 99999999999999999999999999}", "number_out_of_range", None),
        ("{\"content\": \"x\"} {}", "json_syntax", Some(1)),
        (&deep, "json_depth", Some(1)),
        ("null", "empty_prompt", Some(1)),
        ("", "json_syntax", Some(1)),
        ("[1]", "wrong_type", Some(1)),
        ("{\"content\": 5}", "wrong_type", Some(1)),
        ("{\"content\": \"x\",\n \"version\": 1.10}", "wrong_type", Some(2)),
        (
            "{\"content\": \"x\", \"variables\": {\"a\": {\"type\": \"string\", \"default\": 5}}}",
            "invalid_default",
            Some(1),
        ),
    ];
    for (text, code, line) in cases {
        let found = only("a.json", text.as_bytes());
        assert_eq!((found.0.as_str(), found.1), (*code, *line), "{text}");
    }
}

#[test]
fn a_path_that_cannot_name_a_prompt_is_refused() {
    let long = format!("{}.txt", "x".repeat(129));
    let names = [
        "../x.txt",
        "a/../x.txt",
        "/etc/x.txt",
        "a\\b.txt",
        "a%2Fb.txt",
        "CON.txt",
        "aux.yaml",
        "nul.md",
        "con.v2.txt",
        "..txt",
        "...txt",
        ".git.txt",
        "x..txt",
        "x .txt",
        "com1/x.txt",
        ".txt",
        "   .txt",
        "é.txt",
        "a//b.txt",
        &long,
    ];
    for path in names {
        let text = if path.ends_with("yaml") { "content: hello" } else { "hello" };
        assert_eq!(only(path, text.as_bytes()).0, "name", "{path}");
    }
    for path in ["a", "a.exe", "a.txt.bak", "txt", ""] {
        assert_eq!(only(path, b"hello").0, "unsupported_file", "{path}");
    }
}

#[test]
fn variants_and_tags_have_limits() {
    let variants = |count: usize| -> String {
        let each = (0..count)
            .map(|n| format!("  - {{tags: {{n: v{n}}}, content: y}}\n"))
            .collect::<Vec<_>>()
            .concat();
        format!("content: x\nvariants:\n{each}")
    };
    let tags = |count: usize| -> String {
        let each = (0..count).map(|n| format!("t{n}: x")).collect::<Vec<_>>().join(", ");
        format!("content: x\nvariants:\n  - {{tags: {{{each}}}, content: y}}\n")
    };
    assert!(read_all("a.yaml", &variants(200)).is_ok());
    assert_eq!(only("a.yaml", variants(201).as_bytes()).0, "too_many_variants");
    assert!(read_all("a.yaml", &tags(32)).is_ok());
    assert_eq!(only("a.yaml", tags(33).as_bytes()).0, "too_many_tags");
}

#[test]
fn every_problem_of_every_file_is_reported() {
    let files = [
        SourceFile { path: "good.txt", bytes: b"hello" },
        SourceFile { path: "bad.yaml", bytes: b"content: x\nversion: 1\ngit_commit: z" },
        SourceFile { path: "worse.md", bytes: b"\0" },
    ];
    let found = parse_folder(&files, &Limits::default()).expect_err("two files are bad").problems;
    let seen: Vec<_> = found.iter().map(|p| (p.file.as_deref().unwrap_or(""), p.code.as_str())).collect();
    assert_eq!(seen, [("bad.yaml", "semver"), ("bad.yaml", "bad_commit"), ("worse.md", "control_character")]);
}

#[test]
fn names_that_differ_only_in_case_are_refused_with_both_files() {
    let files = [
        SourceFile { path: "Foo.yaml", bytes: b"content: x" },
        SourceFile { path: "support/foo.txt", bytes: b"x" },
    ];
    let found = parse_folder(&files, &Limits::default()).expect_err("names conflict").problems;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, "name_case_conflict");
    assert!(
        found[0].message.contains("Foo.yaml") && found[0].message.contains("support/foo.txt"),
        "{found:?}"
    );
    let list = "prompts:\n  - {id: a, template: {content: x}}\n  - {id: A, template: {content: x}}";
    assert_eq!(only("l.yaml", list.as_bytes()).0, "name_case_conflict");
}

#[test]
fn a_push_has_a_limit_of_files() {
    let paths: Vec<String> = (0..4).map(|n| format!("p{n}.txt")).collect();
    let files: Vec<_> = paths.iter().map(|path| SourceFile { path, bytes: b"x" }).collect();
    let limits = Limits { files: 3, ..Limits::default() };
    assert_eq!(parse_folder(&files[..3], &limits).expect("three are allowed").len(), 3);
    assert_eq!(parse_folder(&files, &limits).expect_err("four are not").problems[0].code, "too_many_files");
}

#[test]
fn a_hostile_file_cannot_make_the_lists_endless() {
    let keys = (0..5_000).map(|n| format!("k{n}: 1\n")).collect::<Vec<_>>().concat();
    let drafts = read_all("a.yaml", &format!("content: x\n{keys}")).expect("unknown keys are kept");
    assert_eq!(drafts[0].document.extra.len(), 5_000);
    assert_eq!(drafts[0].warnings.len(), 101);
    assert!(drafts[0].warnings[100].hint.as_deref().is_some_and(|hint| hint.contains("more")));
    let messages = "  - {role: root, content: x}\n".repeat(1_000);
    assert_eq!(problems("a.yaml", format!("messages:\n{messages}").as_bytes()).len(), 101);
}
