//! Prompt files of the repository, and the published schemas.

use std::{
    fs,
    path::{Path, PathBuf},
};

use promptsync_core::{
    documents::digest,
    files::{self, SourceFile, schema},
    limits::Limits,
};
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn collect(folder: &Path, below: &str, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let entry = entry.expect("an entry");
        let path = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{path}/"), found);
        } else if files::is_prompt_file(&path) {
            found.push((path, fs::read(entry.path()).expect("a file")));
        }
    }
}

#[test]
fn our_examples_are_read_without_advice_and_survive_printing() {
    let mut found = Vec::new();
    collect(&root().join("examples/prompts"), "", &mut found);
    assert!(found.len() >= 8, "the examples are there");
    let sources: Vec<_> = found.iter().map(|(path, bytes)| SourceFile { path, bytes }).collect();
    let drafts = files::parse_folder(&sources, &Limits::default()).expect("good examples");
    for draft in &drafts {
        assert_eq!(draft.warnings, [], "{}", draft.origin.path);
        let printed = files::print(draft, draft.origin.format);
        let again = files::parse(
            SourceFile { path: &draft.origin.path, bytes: printed.as_bytes() },
            &Limits::default(),
        )
        .expect("what was printed");
        assert_eq!(digest(&again[0].document), digest(&draft.document), "{printed}");
    }
}

#[test]
fn examples_of_the_reference_are_read_as_they_stand() {
    let page = fs::read_to_string(root().join("docs/reference/prompt-files.md")).expect("the page is there");
    let mut count = 0;
    // Each example is a fence whose opening line names the file: ```yaml greeting.yaml
    for block in page.split("\n```").skip(1).step_by(2) {
        let (opening, text) = block.split_once('\n').unwrap_or((block, ""));
        let Some((_, path)) = opening.split_once(' ') else { continue };
        let source = SourceFile { path, bytes: text.as_bytes() };
        let drafts = files::parse(source, &Limits::default())
            .unwrap_or_else(|problems| panic!("{path}: {problems:#?}"));
        assert!(drafts.iter().all(|draft| draft.warnings.is_empty()), "{path}");
        count += 1;
    }
    assert!(count >= 8, "only {count} examples were found");
}

#[test]
fn the_published_schemas_are_the_generated_ones() {
    for (name, schema) in schema::all() {
        let published = fs::read_to_string(root().join("docs/reference").join(name)).expect("published");
        let published: Value = serde_json::from_str(&published).expect("JSON");
        assert_eq!(published, schema, "{name}: run `cargo xtask gen`");
    }
}

#[test]
fn a_schema_describes_each_property_and_its_references_exist() {
    fn walk(value: &Value, root: &Value, at: &str) {
        if let Some(properties) = value.get("properties").and_then(Value::as_object) {
            let is_short_message = value.get("maxProperties").is_some();
            for (key, property) in properties {
                let told = property.get("description").is_some() || property.get("$ref").is_some();
                assert!(told || is_short_message, "{at}.{key} has no description");
            }
        }
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            assert!(root.pointer(reference.trim_start_matches('#')).is_some(), "{reference} is missing");
        }
        match value {
            Value::Object(map) => {
                map.iter().for_each(|(key, value)| walk(value, root, &format!("{at}.{key}")));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, root, at)),
            _ => {}
        }
    }
    for (name, schema) in schema::all() {
        assert!(schema.get("title").is_some() && schema.get("description").is_some());
        walk(&schema, &schema, name);
    }
}

#[test]
fn the_schema_knows_every_key_the_reader_knows() {
    let flat = schema::flat();
    let keys = "version git_commit changelog status kind engine content messages variables variants models partials \
                dependencies input_schema output_schema metadata name description author owner tags category use_cases \
                model model_recommendations temperature max_tokens custom";
    for key in keys.split_whitespace() {
        assert!(flat.pointer(&format!("/properties/{key}")).is_some(), "{key}");
        let value = match key {
            "name" => "a",
            "content" => continue,
            _ => "null",
        };
        let text = format!("content: x\n{key}: {value}\n");
        let drafts = files::parse(SourceFile { path: "a.yaml", bytes: text.as_bytes() }, &Limits::default());
        assert_eq!(drafts.expect("null is absent")[0].warnings, [], "{key}");
    }
}
