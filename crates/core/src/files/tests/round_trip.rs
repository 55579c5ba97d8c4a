use std::collections::BTreeMap;

use indexmap::IndexMap;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::read_all;
use crate::{
    documents::{Body, Document, Engine, Kind, Message, Placeholder, Role, Said, Variant, digest},
    files::{Format, Origin, PromptDraft, SourceFile, expressible, is_prompt_file, parse, print, print_list},
    limits::Limits,
    names::{ModulePath, PromptName},
    variables::{VariableSpec, VariableType},
    versions::VersionNumber,
};

const FORMATS: [(Format, &str); 6] = [
    (Format::Text, "p.txt"),
    (Format::Markdown, "p.md"),
    (Format::Yaml, "p.yaml"),
    (Format::YamlList, "p.yml"),
    (Format::Json, "p.json"),
    (Format::JsonList, "p.json"),
];

fn draft(document: Document) -> PromptDraft {
    PromptDraft {
        name: PromptName::parse("p").expect("a name"),
        module: ModulePath::parse("").expect("the root"),
        version: Some(VersionNumber::new(1, 2, 3)),
        git_commit: Some("0123456".into()),
        changelog: Some("no".into()),
        status: Some("draft".into()),
        document,
        origin: Origin { path: "p.yaml".into(), format: Format::Yaml },
        places: BTreeMap::new(),
        warnings: Vec::new(),
    }
}

/// Prints in every form that can hold the document, reads it again, and compares.
fn check(draft: &PromptDraft) {
    for (format, path) in FORMATS {
        let path = if expressible(draft, format) { path } else { "p.yaml" };
        let text = print(draft, format);
        let read =
            read_all(path, &text).unwrap_or_else(|problems| panic!("{format:?}\n{text}\n{problems:#?}"));
        assert_eq!(read.len(), 1, "{text}");
        assert_eq!(read[0].document, draft.document, "{format:?}\n{text}");
        assert_eq!(digest(&read[0].document), digest(&draft.document), "{format:?}\n{text}");
        assert_eq!(read[0].version, draft.version, "{text}");
        assert_eq!(read[0].git_commit, draft.git_commit, "{text}");
        assert_eq!(read[0].changelog, draft.changelog, "{text}");
        assert_eq!(read[0].status, draft.status, "{text}");
    }
}

/// Texts that YAML finds difficult, and any others.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\n".to_owned()),
        Just("  ".to_owned()),
        Just("\t".to_owned()),
        Just("---\n".to_owned()),
        Just("...\n".to_owned()),
        Just("{{ name }}".to_owned()),
        Just("{% if x %}".to_owned()),
        Just("\"'\\".to_owned()),
        Just(": ".to_owned()),
        Just(" #".to_owned()),
        Just("- ".to_owned()),
        Just("\u{feff}\u{85}\u{2028}\u{a0}".to_owned()),
        "[a-z]{1,8}",
        "[^\\x00-\\x08\\x0b-\\x1f\\x7f]{1,6}",
    ];
    prop_oneof![
        proptest::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat()),
        proptest::sample::select(vec![
            "no", "on", "0777", "1.10", "12:30:45", "null", "~", "true", ".nan", "1e5", "<<", "=", "|", "*a",
            "&a", "!t", "@a", "`a", "%a", "? a", "- a", "[a", "{a", "a: b", "a #b", "", " a", "a ", "'a'",
            "\"a\"", "-", "--- a",
        ])
        .prop_map(str::to_owned),
    ]
}

fn body_text() -> impl Strategy<Value = String> {
    any_text().prop_filter("a prompt has text", |text| !text.trim().is_empty())
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        proptest::num::f64::NORMAL.prop_map(Value::from),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((any_text(), inner), 0..4).prop_map(|entries| Value::Object(
                entries.into_iter().filter(|(key, _)| key != "<<").collect()
            )),
        ]
    })
}

fn any_messages() -> impl Strategy<Value = Vec<Message>> {
    let role = proptest::sample::select(vec![
        Role::System,
        Role::Developer,
        Role::User,
        Role::Assistant,
        Role::Tool,
    ]);
    let said = (role, proptest::option::of(any_text()), any_text())
        .prop_map(|(role, name, content)| Message::Said(Said { role, name, content }));
    let placeholder = ("[a-z_]{1,8}", any::<bool>())
        .prop_map(|(placeholder, optional)| Message::Placeholder(Placeholder { placeholder, optional }));
    proptest::collection::vec(prop_oneof![3 => said, 1 => placeholder], 1..4)
}

fn any_body(is_chat: bool) -> BoxedStrategy<Body> {
    if is_chat {
        any_messages().prop_map(Body::Messages).boxed()
    } else {
        body_text().prop_map(Body::Text).boxed()
    }
}

fn any_spec() -> impl Strategy<Value = VariableSpec> {
    let typed = prop_oneof![
        Just((None, None)),
        any_value().prop_map(|value| (None, Some(value).filter(|value| !value.is_null()))),
        any_text().prop_map(|text| (Some(VariableType::String), Some(Value::from(text)))),
        any::<i64>().prop_map(|number| (Some(VariableType::Integer), Some(Value::from(number)))),
        any::<bool>().prop_map(|value| (Some(VariableType::Boolean), Some(Value::from(value)))),
        Just((Some(VariableType::Array), Some(json!([1, "no"])))),
        Just((Some(VariableType::Enum), Some(json!("no")))),
    ];
    (typed, proptest::option::of(any::<bool>()), proptest::option::of(any_text())).prop_map(
        |((kind, default), required, description)| {
            let choices =
                if kind == Some(VariableType::Enum) { vec![json!("yes"), json!("no")] } else { Vec::new() };
            VariableSpec { kind, required, default, description, choices }
        },
    )
}

fn any_metadata() -> impl Strategy<Value = Map<String, Value>> {
    let any = || any_value().prop_filter("null is absent", |value| !value.is_null());
    let free = proptest::collection::vec(("[a-m]{1,6}_x", any()), 0..3);
    (
        free,
        proptest::option::of(any_text()),
        proptest::option::of(proptest::collection::vec(any_text(), 0..3)),
        proptest::option::of(any()),
    )
        .prop_map(|(free, description, tags, custom)| {
            let mut map: Map<String, Value> = free.into_iter().collect();
            map.extend(description.map(|text| ("description".to_owned(), text.into())));
            map.extend(tags.map(|tags| ("tags".to_owned(), tags.into())));
            map.extend(custom.map(|value| ("custom".to_owned(), value)));
            map
        })
}

prop_compose! {
    fn any_document()(is_chat in any::<bool>())(
        body in any_body(is_chat),
        kind in proptest::sample::select(if is_chat { vec![Kind::Chat] } else { vec![Kind::Text, Kind::Completion, Kind::Instruction] }),
        engine in proptest::sample::select(vec![Engine::Jinja, Engine::Handlebars]),
        variables in proptest::collection::vec(("[a-z][a-z0-9_]{0,8}", any_spec()), 0..4),
        variants in proptest::collection::vec((proptest::collection::btree_map(any_text(), any_text(), 1..3), any_body(is_chat)), 0..3),
        models in proptest::collection::vec((any_text(), any_body(is_chat)), 0..2),
        partials in proptest::collection::vec((any_text(), any_text()), 0..2),
        dependencies in proptest::collection::vec(("[a-z]{4,8}", proptest::sample::select(vec!["*", "^1.2", "1", ">=1, <2"])), 0..3),
        input_schema in proptest::option::of(Just(json!({"type": "object", "required": ["no"]}))),
        metadata in any_metadata(),
        extra in proptest::collection::vec(("x_[a-z.\\[\\]0-9]{0,6}", any_value()), 0..2),
    ) -> Document {
        let unmerged = |name: &String| name != "<<";
        Document {
            kind,
            engine,
            body,
            variables: variables.into_iter().collect(),
            variants: variants
                .into_iter()
                .map(|(tags, body)| Variant { tags: tags.into_iter().filter(|(key, _)| key != "<<").collect(), body })
                .filter(|variant| !variant.tags.is_empty())
                .collect(),
            models: models.into_iter().filter(|(id, _)| unmerged(id)).collect(),
            partials: partials.into_iter().filter(|(name, _)| unmerged(name)).collect(),
            dependencies: dependencies
                .into_iter()
                .map(|(name, range)| (PromptName::parse(&name).expect("a name"), range.to_owned()))
                .collect::<IndexMap<_, _>>(),
            input_schema,
            output_schema: None,
            metadata,
            extra: extra.into_iter().collect(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn what_is_printed_is_read_back_with_the_same_digest(document in any_document()) {
        check(&draft(document));
    }

    #[test]
    fn a_text_survives_every_form(text in body_text()) {
        let mut draft = draft(Document { body: Body::Text(text), ..Document::default() });
        (draft.version, draft.git_commit, draft.changelog, draft.status) = (None, None, None, None);
        check(&draft);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for path in ["a.txt", "a.md", "a.yaml", "a.json"] {
            let _ = parse(SourceFile { path, bytes: &bytes }, &Limits::default());
        }
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in any_text(), key in any_text(), value in any_text()) {
        let texts = [
            text.clone(),
            format!("{key}: {value}\n{text}"),
            format!("content: {value}\n{key}: >\n  {text}\nmessages: {value}"),
            format!("---\n{key}: {value}\n---\n{text}"),
            format!("{{\"content\": \"{value}\", \"{key}\": [{text}]}}"),
        ];
        for text in &texts {
            for path in ["a.txt", "a.md", "a.yaml", "a.json"] {
                let _ = parse(SourceFile { path, bytes: text.as_bytes() }, &Limits::default());
            }
        }
    }

    #[test]
    fn no_path_makes_a_reader_panic(path in ".{0,40}") {
        let _ = is_prompt_file(&path);
        let _ = parse(SourceFile { path: &path, bytes: b"x" }, &Limits::default());
    }
}

#[test]
fn a_list_file_is_printed_with_all_its_prompts() {
    let list =
        "prompts:\n  - {id: a, template: {content: A}}\n  - {id: b, format: jinja, template: {content: B}}\n";
    let drafts = read_all("l.yaml", list).expect("good");
    for (format, path) in [(Format::YamlList, "l.yaml"), (Format::JsonList, "l.json")] {
        let again = read_all(path, &print_list(&drafts, format)).expect("printed");
        assert_eq!(again.len(), 2);
        for (old, new) in drafts.iter().zip(&again) {
            assert_eq!((&old.name, digest(&old.document)), (&new.name, digest(&new.document)));
        }
    }
}

#[test]
fn yaml_is_printed_for_people() {
    let text = "name: p\nversion: 1.2.3\ndescription: Greets, politely\ntags: [a, b]\ncontent: |\n  Hi {{ name }}\n\n  Bye\n\
                variables:\n  name:\n    type: string\n    description: Who\nvariants:\n  - tags:\n      locale: de\n    \
                content: Hallo\n";
    let text = text.replace("version: 1.2.3", "version: \"1.2.3\"");
    let read = super::read("p.yaml", &text);
    assert_eq!(print(&read, Format::Yaml), text);
    let plain = super::read("p.txt", "Hi {{ name }}\n");
    assert_eq!(print(&plain, Format::Text), "Hi {{ name }}\n");
}

#[test]
fn messages_cannot_be_printed_as_text() {
    let chat = super::read("p.yaml", "messages: [{role: user, content: hi}]");
    assert!(!expressible(&chat, Format::Text) && !expressible(&chat, Format::Markdown));
    assert_eq!(print(&chat, Format::Markdown), print(&chat, Format::Yaml));
}
