//! Files that are not what they seem.

use serde_json::json;

use super::{
    http::{get, post, post_bytes, push},
    rows::{Row, row},
};

const REFUSED: &str = "/api/projects/shop/prompts/refused";

pub(super) fn rows() -> Vec<Row> {
    let mut rows = refused();
    rows.push(row("files", get(REFUSED), "404 prompt_not_found"));
    rows.extend(kept_as_written());
    rows.extend(requests());
    rows.extend(many_files());
    rows
}

#[rustfmt::skip]
fn refused() -> Vec<Row> {
    let doubling: String = std::iter::once("a0: &a0 [x]\n".to_owned())
        .chain((1..40).map(|n| format!("a{n}: &a{n} [*a{}, *a{}]\n", n - 1, n - 1)))
        .collect();
    let variants = |count: usize| {
        let all: Vec<String> = (0..count).map(|n| format!("- {{tags: {{n: '{n}'}}, content: b}}\n")).collect();
        format!("content: a\nvariants:\n{}", all.concat())
    };
    let tags = (0..33).map(|n| format!("t{n}: x")).collect::<Vec<_>>().join(", ");
    let files: Vec<(&str, String, &str)> = vec![
        ("Y03", "{a: ".repeat(50_000), "422 push_refused yaml_depth"),
        ("bomb", doubling + "content: x", "422 push_refused yaml_too_complex"),
        ("Y05", "content: &a [*a]".into(), "422 push_refused yaml_recursive"),
        ("Y06", "content: !!python/object/apply:os.system [\"id\"]".into(), "422 push_refused yaml_tag_forbidden"),
        ("Y07", "content: !!js/function \"function(){}\"".into(), "422 push_refused yaml_tag_forbidden"),
        ("Y11", "content: a\ncontent: b".into(), "422 push_refused yaml_duplicate_key"),
        ("Y13", "content:\n\t- a".into(), "422 push_refused yaml_syntax"),
        ("Y14", "content: a\nmetadata: {x: .nan}".into(), "422 push_refused number_out_of_range"),
        ("Y14", "content: a\nmetadata: {x: -.inf}".into(), "422 push_refused number_out_of_range"),
        ("Y14", "content: a\nmetadata: {x: 99999999999999999999999999}".into(), "422 push_refused number_out_of_range"),
        ("Y17", "content: \"a\\0b\"".into(), "422 push_refused control_character"),
        ("Y17", "content: \"a\\ab\"".into(), "422 push_refused control_character"),
        ("Y25", String::new(), "422 push_refused empty_prompt"),
        ("Y25", "# nothing\n".into(), "422 push_refused empty_prompt"),
        ("Y25", "null".into(), "422 push_refused empty_prompt"),
        ("Y27", "messages: []".into(), "422 push_refused empty_messages"),
        ("Y27", "messages: [{role: root, content: x}]".into(), "422 push_refused invalid_role"),
        ("Y28", format!("content: {}", "x".repeat(1 << 20)), "422 push_refused file_too_large"),
        ("Y29", variants(201), "422 push_refused too_many_variants"),
        ("Y29", format!("content: a\nvariants:\n- {{tags: {{{tags}}}, content: b}}"), "422 push_refused too_many_tags"),
        ("Y30", "content: a\nvariants:\n- {tags: {l: en}, content: b}\n- {tags: {l: en}, content: c}".into(), "422 push_refused ambiguous_variant"),
        ("Y32", "content: a\ngit_commit: \"abc123; rm -rf /\"".into(), "422 push_refused bad_commit"),
        ("Y32", "content: a\ngit_commit: --upload-pack=x".into(), "422 push_refused bad_commit"),
        ("V01", "content: a\nversion: 1.2".into(), "422 push_refused semver"),
        ("S09", "content: a\nmodels: {gpt: {content: b, base_url: \"http://169.254.169.254/\"}}".into(), "422 push_refused unknown_field"),
        ("S09", "content: a\nmodels: {gpt: {content: b, headers: {Authorization: x}}}".into(), "422 push_refused unknown_field"),
    ];
    let mut rows: Vec<Row> = files
        .into_iter()
        .map(|(id, text, outcome)| row(id, push(&[("refused.yaml", text)]), outcome))
        .collect();
    let cycle = [("a7.yaml", "content: a\ndependencies: {b7: '*'}"), ("b7.yaml", "content: b\ndependencies: {a7: '*'}")];
    rows.extend([
        row("Y31", push(&[("Refused.yaml", "content: a"), ("refused.yaml", "content: b")]), "422 push_refused name_case_conflict"),
        row("C07", push(&cycle), "422 push_refused dependency_cycle"),
        row("V11", push(&[("../x.txt", "a")]), "422 push_refused name"),
        row("V12", push(&[("CON.txt", "a")]), "422 push_refused name"),
        row("Y17", push(&[("refused.txt", "a\u{7}b")]), "400 json_control_character"),
    ]);
    rows
}

/// What YAML would like to be something else stays what people wrote, and line ends make no difference.
fn kept_as_written() -> Vec<Row> {
    let norway = "content: a\nvariants:\n- {tags: {locale: no}, content: Hei}\n";
    let types = "content: a\nvariants:\n- {tags: {locale: on, code: 0777, t: 12:30:45}, content: Hei}\n";
    let (unix, windows) = ("content: |\n  a\n  b\n", "\u{feff}content: |\r\n  a\r\n  b\r\n");
    let types_wanted = "/api/prompts/types/latest?tag=locale%3Don&tag=code%3D0777&tag=t%3D12:30:45";
    vec![
        row("Y09", push(&[("norway.yaml", norway)]), "200"),
        row("Y09", get("/api/prompts/norway/latest?tag=locale%3Dno"), "200").holding("\"content\":\"Hei\""),
        row("Y10", push(&[("types.yaml", types)]), "200"),
        row("Y10", get(types_wanted), "200").holding("\"content\":\"Hei\""),
        row("Y15", push(&[("lines.yaml", unix)]), "200").holding("\"created\":true"),
        row("Y15", push(&[("lines.yaml", windows)]), "200").holding("\"created\":false"),
        row("C03", push(&[("lines.yaml", unix)]), "200")
            .holding("\"created\":false")
            .holding("\"version\":\"1.0.0\""),
    ]
}

/// The same, in the JSON around the files.
fn requests() -> Vec<Row> {
    let push = "/api/projects/shop/push";
    let file =
        |text: &[u8]| [b"{\"files\": [{\"path\": \"refused.txt\", \"content\": \"", text, b"\"}]}"].concat();
    let assigned = json!({ "name": "refused", "content": "x", "locked": false, "workspace_id": "ws2", "approved_by": "me" });
    vec![
        row("Y16", post_bytes(push, file(b"\xff")), "400 json_syntax"),
        row("Y16", post_bytes(push, file(b"\\ud800")), "400 json_syntax"),
        row("Y16", post_bytes(push, b"\xff\xfe{\0}\0".as_slice()), "400 json_syntax"),
        row("Y17", post_bytes(push, file(b"a\\u0000b")), "400 json_control_character"),
        row(
            "Y18",
            post_bytes("/api/prompts", r#"{"name":"a","name":"b","content":"x"}"#),
            "400 json_duplicate_key",
        ),
        row(
            "Y19",
            post_bytes("/api/prompts", r#"{"name":"a","role\u0000admin":"x"}"#),
            "400 json_control_character",
        ),
        row("Y23", post("/api/prompts", &assigned), "422 unknown_field"),
        row("Y23", post(push, &json!({ "files": [], "workspace_id": "ws2" })), "422 unknown_field"),
        row(
            "I10",
            post(push, &json!({ "files": [{ "path": "a.txt", "source": "/etc/passwd" }] })),
            "422 unknown_field",
        ),
        row("files", get(REFUSED), "404 prompt_not_found"),
    ]
}

fn many_files() -> Vec<Row> {
    let files: Vec<(String, &str)> = (1..=50)
        .map(|n| (format!("many/many_{n}.txt"), if n == 49 { "Hello {{ name" } else { "Hello {{ name }}" }))
        .collect();
    vec![
        row("I07", push(&files), "422 push_refused template_syntax").holding("many/many_49.txt"),
        row("I07", get("/api/projects/shop/prompts/many_1"), "404 prompt_not_found"),
        row("I07", get("/api/projects/shop/prompts/many_50"), "404 prompt_not_found"),
    ]
}
