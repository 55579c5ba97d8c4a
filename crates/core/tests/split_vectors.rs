//! The published vectors: another program made them, and whoever agrees with them agrees with this one.

use std::fmt::Write as _;

use promptsync_core::{
    names::PromptName,
    splits::{Split, UnitDigest, bucket},
    versions::VersionNumber,
};
use serde::Deserialize;

const VECTORS: &str = include_str!("../../../docs/reference/split-vectors.json");
const PAGE: &str = include_str!("../../../docs/reference/splits.md");

#[derive(Deserialize)]
struct Vectors {
    buckets: Vec<Draw>,
    units: Vec<Unit>,
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Draw {
    salt: String,
    prompt: Option<PromptName>,
    unit: String,
    bucket: u16,
}

#[derive(Deserialize)]
struct Unit {
    unit: String,
    digest: UnitDigest,
}

#[derive(Deserialize)]
struct Choice {
    split: Split,
    own: VersionNumber,
    prompt: PromptName,
    unit: String,
    version: VersionNumber,
}

fn vectors() -> Vectors {
    serde_json::from_str(VECTORS).expect("the vectors can be read")
}

/// A text as JSON writes it in ASCII; a long one is cut.
fn cell(text: &str) -> String {
    if text.len() > 60 {
        return format!("`\"{}…`, {} times `{}`", &text[..3], text.len(), &text[..1]);
    }
    let json = serde_json::to_string(text).expect("a text is JSON");
    let mut ascii = String::new();
    for unit in json.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => ascii.push(char::from(byte)),
            _ => write!(ascii, "\\u{unit:04x}").expect("a string takes all"),
        }
    }
    format!("`{ascii}`")
}

#[test]
fn every_published_vector_is_what_this_program_computes() {
    let vectors = vectors();
    assert!(vectors.buckets.len() >= 40, "{}", vectors.buckets.len());
    for vector in &vectors.buckets {
        let found = bucket(&vector.salt, vector.prompt.as_ref(), &vector.unit);
        assert_eq!(found, vector.bucket, "{:?} {:?} {:?}", vector.salt, vector.prompt, vector.unit);
    }
    for vector in &vectors.units {
        assert_eq!(UnitDigest::of(&vector.unit), vector.digest, "{:?}", vector.unit);
    }
    for vector in &vectors.choices {
        let found = vector.split.version_for(&vector.own, &vector.prompt, &vector.unit);
        assert_eq!(found, &vector.version, "{} {:?} of {:?}", vector.prompt, vector.unit, vector.split);
    }
    let every_version = ["1.0.0", "2.0.0", "3.0.0-rc.1"];
    assert!(
        every_version
            .iter()
            .all(|one| vectors.choices.iter().any(|vector| vector.version.to_string() == *one))
    );
}

#[test]
fn the_page_shows_the_vectors() {
    let mut table = String::from("| salt | prompt | unit | bucket |\n|---|---|---|---|\n");
    for vector in vectors().buckets {
        let prompt = vector.prompt.map_or_else(|| "none".to_owned(), |prompt| cell(prompt.as_str()));
        let (salt, unit) = (cell(&vector.salt), cell(&vector.unit));
        writeln!(table, "| {salt} | {prompt} | {unit} | {} |", vector.bucket).expect("a string takes all");
    }
    assert!(PAGE.ends_with(&table), "docs/reference/splits.md shall end in this table:\n\n{table}");
}
