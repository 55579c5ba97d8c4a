use serde_json::{Value, json};

use super::{read, read_all};
use crate::{
    documents::{Body, Document, Engine, Kind, Message, Role, digest},
    files::{Format, SourceFile, parse_folder},
    limits::Limits,
    variables::{VariableSpec, VariableType},
};

fn text(document: &Document) -> &str {
    match &document.body {
        Body::Text(text) => text,
        Body::Messages(_) => panic!("a text was expected"),
    }
}

fn messages(document: &Document) -> Vec<(Option<Role>, &str)> {
    let Body::Messages(messages) = &document.body else { panic!("messages were expected") };
    let each = messages.iter().map(|message| match message {
        Message::Said(said) => (Some(said.role), said.content.as_str()),
        Message::Placeholder(placeholder) => (None, placeholder.placeholder.as_str()),
    });
    each.collect()
}

#[test]
fn a_text_file_is_its_text() {
    let draft = read("support/email/welcome.txt", "Hello {{ name }}\n");
    assert_eq!(draft.name.as_str(), "welcome");
    assert_eq!(draft.module.as_str(), "support/email");
    assert_eq!(draft.origin.format, Format::Text);
    assert_eq!(text(&draft.document), "Hello {{ name }}\n");
    assert_eq!(draft.document.kind, Kind::Text);
    assert_eq!(draft.warnings, []);
}

#[test]
fn front_matter_says_what_yaml_keys_say() {
    let draft = read(
        "a.md",
        "---\ndescription: A greeting\nversion: v1.2.3\nengine: handlebars\ntags: [a, b]\nvariables: [name]\n---\n# Hi\n",
    );
    assert_eq!(text(&draft.document), "# Hi\n");
    assert_eq!(draft.document.engine, Engine::Handlebars);
    assert_eq!(draft.version.map(|v| v.to_string()).as_deref(), Some("1.2.3"));
    assert_eq!(
        Value::Object(draft.document.metadata),
        json!({"description": "A greeting", "tags": ["a", "b"]})
    );
    assert!(draft.document.variables.contains_key("name"));
}

#[test]
fn lines_that_are_no_front_matter_are_text() {
    for whole in [
        "---\n---\nbody",
        "---\njust words\n---\nbody",
        "---\n- a\n---\nbody",
        " ---\na: b\n---\nbody",
        "--- \na: b\n---\nbody",
        "---\na: b\nbody without end",
        "text\n---\na: b\n---\n",
        "---",
    ] {
        assert_eq!(text(&read("a.md", whole).document), whole);
    }
}

#[test]
fn broken_front_matter_is_text_with_a_warning() {
    let draft = read("a.md", "---\ndescription: [open\n---\nbody");
    assert_eq!(text(&draft.document), "---\ndescription: [open\n---\nbody");
    assert_eq!(draft.warnings.len(), 1);
    assert_eq!(draft.warnings[0].code, "yaml_syntax");
    let twice = read_all("a.md", "---\nversion: 1.0.0\nversion: 1.0.0\n---\nbody").expect_err("a key twice");
    assert_eq!((twice[0].code.as_str(), twice[0].line), ("yaml_duplicate_key", Some(3)));
}

#[test]
fn a_flat_file_holds_every_field() {
    let draft = read(
        "summary.yaml",
        r#"
name: summary
description: Sums up
version: 2.0.0
git_commit: 0123456
changelog: shorter
status: active
kind: instruction
engine: jinja2
content: "Sum up {{ text }}"
variables:
  text: {type: str, description: What to sum up}
variants:
  - tags: {locale: de, tone: formal}
    content: Fasse zusammen
models:
  gpt-4.1: Be brief
partials:
  footer: bye
dependencies:
  legal: ^1.2
  terms:
input_schema: {type: object}
output_schema: {type: string}
metadata: {reviewer: Ann}
author: Bo
owner: team-a
category: no
use_cases: [reports]
model_recommendations: gpt-4.1
model: gpt-4.1
temperature: 0.2
max_tokens: 300
custom: {a: [1, two, null, true]}
"#,
    );
    let document = draft.document;
    assert_eq!(draft.warnings, []);
    assert_eq!(draft.git_commit.as_deref(), Some("0123456"));
    assert_eq!(draft.changelog.as_deref(), Some("shorter"));
    assert_eq!(draft.status.as_deref(), Some("active"));
    assert_eq!(document.kind, Kind::Instruction);
    assert_eq!(document.variants[0].tags["tone"], "formal");
    assert_eq!(document.models["gpt-4.1"], Body::Text("Be brief".into()));
    assert_eq!(document.partials["footer"], "bye");
    assert_eq!(json!(document.dependencies), json!({"legal": "^1.2", "terms": "*"}));
    assert_eq!(document.input_schema, Some(json!({"type": "object"})));
    assert_eq!(
        Value::Object(document.metadata),
        json!({
            "description": "Sums up", "author": "Bo", "owner": "team-a", "category": "no", "use_cases": ["reports"],
            "model": "gpt-4.1", "model_recommendations": ["gpt-4.1"], "temperature": 0.2, "max_tokens": 300,
            "custom": {"a": [1, "two", null, true]}, "reviewer": "Ann",
        })
    );
}

#[test]
fn words_stay_as_they_were_written_where_a_text_is_expected() {
    let draft = read(
        "a.yaml",
        "content: 12:30:45\ndescription: 0777\nchangelog: 1.10\nvariants:\n  - tags: {locale: no, code: 0777, t: 12:30:45, \
         v: 1.10, on: on, yes: true}\n    content: on\nvariables:\n  v: {type: string, default: 1.10}\n",
    );
    assert_eq!(text(&draft.document), "12:30:45");
    assert_eq!(draft.changelog.as_deref(), Some("1.10"));
    assert_eq!(draft.document.metadata["description"], "0777");
    let expected =
        json!({"code": "0777", "locale": "no", "on": "on", "t": "12:30:45", "v": "1.10", "yes": "true"});
    assert_eq!(json!(draft.document.variants[0].tags), expected);
    assert_eq!(draft.document.variants[0].body, Body::Text("on".into()));
    assert_eq!(draft.document.variables["v"].default, Some(json!("1.10")));
}

#[test]
fn values_without_a_type_follow_yaml_1_2() {
    let draft = read(
        "a.yaml",
        "content: x\ncustom: [no, on, 0777, 12:30:45, 1.10, 1_000, 0x1F, +5, -0, .5, 1e3, ~, True, 2026-11-01, !!str 1, \
         18446744073709551615]\n",
    );
    let expected = json!([
        "no",
        "on",
        "0777",
        "12:30:45",
        1.1,
        "1_000",
        "0x1F",
        5,
        0,
        0.5,
        1000.0,
        null,
        true,
        "2026-11-01",
        "1",
        18_446_744_073_709_551_615_u64
    ]);
    assert_eq!(draft.document.metadata["custom"], expected);
}

#[test]
fn variables_are_read_in_every_shape() {
    let string = VariableSpec { kind: Some(VariableType::String), ..VariableSpec::default() };
    let described = VariableSpec { description: Some("Who".into()), ..VariableSpec::default() };
    let cases = [
        ("[who]", VariableSpec::default()),
        ("{who: }", VariableSpec::default()),
        ("{who: Who}", described.clone()),
        ("{who: str}", string.clone()),
        ("{who: {type: String}}", string.clone()),
        ("{who: any}", VariableSpec::default()),
        (
            "[{name: who, type: text, description: Who}]",
            VariableSpec { kind: string.kind, ..described.clone() },
        ),
        (
            "[{name: who, type: int, required: false, default: 3}]",
            VariableSpec {
                kind: Some(VariableType::Integer),
                required: Some(false),
                default: Some(json!(3)),
                ..VariableSpec::default()
            },
        ),
        (
            "{who: {enum: [low, no], default: no}}",
            VariableSpec {
                kind: Some(VariableType::Enum),
                choices: vec![json!("low"), json!("no")],
                default: Some(json!("no")),
                ..VariableSpec::default()
            },
        ),
        ("{who: {default: null}}", VariableSpec { required: Some(false), ..VariableSpec::default() }),
    ];
    for (shape, expected) in cases {
        let draft = read("a.yaml", &format!("content: x\nvariables: {shape}"));
        assert_eq!(draft.document.variables["who"], expected, "{shape}");
    }
    for (word, kind) in [
        ("float", VariableType::Number),
        ("bool", VariableType::Boolean),
        ("list", VariableType::Array),
        ("dict", VariableType::Object),
    ] {
        let draft = read("a.yaml", &format!("content: x\nvariables: {{who: {word}}}"));
        assert_eq!(draft.document.variables["who"].kind, Some(kind), "{word}");
    }
}

#[test]
fn messages_are_read_in_every_shape() {
    let draft = read(
        "chat.yaml",
        r"
messages:
  - {role: system, content: s, name: boss}
  - {role: developer, content: d}
  - placeholder: history
    optional: true
  - {role: placeholder, name: more}
  - {type: placeholder, variable_name: rest}
  - user: u
  - {role: tool, content: t}
  - {role: function, content: f}
",
    );
    assert_eq!(draft.document.kind, Kind::Chat);
    assert_eq!(draft.warnings, []);
    let expected = [
        (Some(Role::System), "s"),
        (Some(Role::Developer), "d"),
        (None, "history"),
        (None, "more"),
        (None, "rest"),
        (Some(Role::User), "u"),
        (Some(Role::Tool), "t"),
        (Some(Role::Function), "f"),
    ];
    assert_eq!(messages(&draft.document), expected);
}

#[test]
fn roles_of_other_tools_are_read_with_a_warning() {
    let draft = read("chat.yaml", "messages:\n  - {role: human, content: u}\n  - {role: ai, content: a}\n");
    assert_eq!(messages(&draft.document), [(Some(Role::User), "u"), (Some(Role::Assistant), "a")]);
    let seen: Vec<_> = draft.warnings.iter().map(|w| (w.code.as_str(), w.line)).collect();
    assert_eq!(seen, [("invalid_role", Some(2)), ("invalid_role", Some(3))]);
}

#[test]
fn a_list_file_holds_several_prompts() {
    let list = r#"
version: "1.0"
metadata: {team: a}
prompts:
  - id: greeting
    version: 1.1.0
    format: text
    status: active
    uid: 5f0c
    template:
      content: Hello {{name}}
      variables: {name: Who}
      partials: {foot: bye}
      helpers: {}
    metadata:
      author: Ann
      description: null
      tags: [a]
      temperature: 0.5
      custom: {x: 1}
    input_schema: greeting_input
    output_schema: null
  - id: chat
    format: chat
    chat_template:
      messages: [{role: user, content: "{{q}}"}]
      variables: [q]
  - id: jinja_one
    format: jinja2
    template: {content: x}
"#;
    let drafts = read_all("all.yaml", list).expect("good");
    let names: Vec<_> = drafts.iter().map(|draft| draft.name.as_str()).collect();
    assert_eq!(names, ["greeting", "chat", "jinja_one"]);
    let engines: Vec<_> = drafts.iter().map(|draft| draft.document.engine).collect();
    assert_eq!(engines, [Engine::Handlebars, Engine::Handlebars, Engine::Jinja]);
    let first = &drafts[0];
    assert_eq!(first.origin.format, Format::YamlList);
    assert_eq!(first.version.as_ref().map(ToString::to_string).as_deref(), Some("1.1.0"));
    assert_eq!(first.document.partials["foot"], "bye");
    assert_eq!(first.document.input_schema, Some(json!("greeting_input")));
    let metadata = json!({"author": "Ann", "tags": ["a"], "temperature": 0.5, "custom": {"x": 1}});
    assert_eq!(Value::Object(first.document.metadata.clone()), metadata);
    assert_eq!(first.warnings.iter().filter_map(|w| w.path.as_deref()).collect::<Vec<_>>(), ["uid"]);
    assert_eq!(drafts[1].document.kind, Kind::Chat);
}

#[test]
fn one_prompt_in_the_shape_of_a_list_entry_is_read_too() {
    let draft = read("greeting.yaml", "id: greeting\nformat: text\ntemplate:\n  content: Hello {{name}}\n");
    assert_eq!(draft.document.engine, Engine::Handlebars);
    assert_eq!(text(&draft.document), "Hello {{name}}");
    assert_eq!(draft.origin.format, Format::Yaml);
}

#[test]
fn json_and_yaml_of_one_prompt_have_one_digest() {
    let yaml = read("a.yaml", "content: |\n  Hi {{ n }}\ntemperature: 0.1\nvariables: {n: {type: string}}\n");
    let json = read(
        "a.json",
        r#"{"variables": {"n": {"type": "string"}}, "temperature": 0.1, "content": "Hi {{ n }}\r\n", "$schema": "x"}"#,
    );
    assert_eq!(json.origin.format, Format::Json);
    assert_eq!(digest(&yaml.document), digest(&json.document));
    let list = read("l.json", r#"{"prompts": [{"id": "a", "template": {"content": "Hi"}}]}"#);
    assert_eq!(list.origin.format, Format::JsonList);
}

#[test]
fn byte_order_marks_and_line_ends_do_not_change_the_digest() {
    let files = [
        ("a.txt", "one\ntwo\n"),
        ("a.yaml", "content: |\n  one\n  two\ndescription: d\n"),
        ("a.md", "---\nversion: 1.0.0\n---\nx\n"),
    ];
    for (path, unix) in files {
        let windows = format!("\u{feff}{}", unix.replace('\n', "\r\n"));
        assert_eq!(digest(&read(path, unix).document), digest(&read(path, &windows).document), "{path}");
    }
}

#[test]
fn unknown_keys_are_kept_and_reported_with_the_key_that_was_meant() {
    let draft = read(
        "a.yaml",
        "contents: x\ncontent: y\nvariables: {n: {type: string, example: Bo}}\nvariants:\n  - {tags: {a: b}, content: z, weight: 3}\n",
    );
    assert_eq!(
        Value::Object(draft.document.extra),
        json!({"variables.n.example": "Bo", "variants[0].weight": 3, "contents": "x"})
    );
    let seen: Vec<_> = draft.warnings.iter().map(|w| (w.code.as_str(), w.path.as_deref(), w.line)).collect();
    assert_eq!(
        seen,
        [
            ("unknown_field", Some("variables.n.example"), Some(3)),
            ("unknown_field", Some("variants[0].weight"), Some(5)),
            ("unknown_field", Some("contents"), Some(1)),
        ]
    );
    assert_eq!(draft.warnings[2].hint.as_deref(), Some("did you mean `content`?"));
    assert_eq!(draft.warnings[2].file.as_deref(), Some("a.yaml"));
}

#[test]
fn the_file_names_the_prompt() {
    let draft = read("greeting.yaml", "name: hello\ncontent: x");
    assert_eq!(draft.name.as_str(), "greeting");
    assert_eq!(draft.warnings.len(), 1);
    assert_eq!((draft.warnings[0].code.as_str(), draft.warnings[0].line), ("name", Some(1)));
    assert_eq!(read("greeting.yaml", "name: greeting\ncontent: x").warnings, []);
}

#[test]
fn anchors_and_merges_are_written_out() {
    let draft = read(
        "a.yaml",
        "custom: {base: &base {a: 1, b: 2}, own: {<<: *base, b: 3}, both: {<<: [*base, {c: 4}]}}\ncontent: &t hi\npartials: {p: *t}\n",
    );
    let expected =
        json!({"base": {"a": 1, "b": 2}, "own": {"a": 1, "b": 3}, "both": {"a": 1, "b": 2, "c": 4}});
    assert_eq!(draft.document.metadata["custom"], expected);
    assert_eq!(draft.document.partials["p"], "hi");
}

#[test]
fn a_folder_is_read_in_its_order() {
    let files = [
        SourceFile { path: "b.txt", bytes: b"b" },
        SourceFile { path: "all.yaml", bytes: b"prompts: [{id: c, content: c}, {id: d, content: d}]" },
        SourceFile { path: "m/a.md", bytes: b"a" },
    ];
    let drafts = parse_folder(&files, &Limits::default()).expect("good");
    assert_eq!(drafts.iter().map(|draft| draft.name.as_str()).collect::<Vec<_>>(), ["b", "c", "d", "a"]);
    assert_eq!(drafts[3].module.as_str(), "m");
}
