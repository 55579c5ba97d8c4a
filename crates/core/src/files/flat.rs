//! One prompt from a map of keys: the flat form, front matter, and (made flat by [`super::list`]) a list's entry.

use serde_json::Value;

use super::{
    Origin, PromptDraft, content, metadata,
    reading::{Reading, take},
    tree::{Entries, Node},
    variables,
};
use crate::{
    documents::{Body, Document, Engine, Kind},
    names::{ModulePath, PromptName},
    problem::Problem,
    versions::VersionNumber,
};

/// Keys of a prompt that are not metadata, in the order in which they are printed.
pub(super) const KEYS: &[&str] = &[
    "name",
    "id",
    "version",
    "git_commit",
    "changelog",
    "status",
    "kind",
    "engine",
    "format",
    "template_format",
    "content",
    "messages",
    "template",
    "chat_template",
    "variables",
    "variants",
    "models",
    "partials",
    "dependencies",
    "input_schema",
    "output_schema",
    "metadata",
];

/// Facts that other tools write into files and that the registry records itself.
const FOREIGN: &[&str] = &["uid", "created_at", "updated_at"];

/// Where a prompt stands and what is known of it before its keys are read.
pub(super) struct About {
    pub(super) origin: Origin,
    pub(super) module: ModulePath,
    /// The file's name; absent for an entry of a list, which is named by its `id`.
    pub(super) name: Option<PromptName>,
    /// Line and column of the whole.
    pub(super) at: (u32, u32),
    /// The template language when no key says which.
    pub(super) engine: Engine,
    /// The text below the front matter.
    pub(super) body: Option<String>,
}

/// Reads one prompt; what is wrong with it is in `reading`.
pub(super) fn prompt(reading: &mut Reading<'_>, mut entries: Entries, about: About) -> Option<PromptDraft> {
    let name = name(reading, &mut entries, &about);
    let version = take(&mut entries, "version").and_then(|node| version(reading, node));
    let git_commit = take(&mut entries, "git_commit").and_then(|node| commit(reading, node));
    let changelog = take(&mut entries, "changelog").and_then(|node| reading.text("changelog", node));
    let status = take(&mut entries, "status").and_then(|node| reading.text("status", node));
    let document = document(reading, &mut entries, &about);
    entries.shift_remove("$schema");
    for key in FOREIGN {
        if let Some(node) = take(&mut entries, key) {
            let warning =
                Problem::new("unknown_field", format!("`{key}` is not kept: the registry records it"));
            reading.warn(key, node.at, warning);
        }
    }
    let known: Vec<&str> = KEYS.iter().chain(metadata::KEYS).copied().collect();
    reading.keep_unknown("", entries, &known);
    if !reading.problems.is_empty() {
        return None;
    }
    Some(PromptDraft {
        name: name?,
        module: about.module,
        version,
        git_commit,
        changelog,
        status,
        document: Document { extra: std::mem::take(&mut reading.extra), ..document? },
        origin: about.origin,
        places: std::mem::take(&mut reading.places),
        warnings: std::mem::take(&mut reading.warnings),
    })
}

fn name(reading: &mut Reading<'_>, entries: &mut Entries, about: &About) -> Option<PromptName> {
    let (id, name) = (take(entries, "id"), take(entries, "name"));
    let Some(of_file) = &about.name else {
        let Some(node) = id.or(name) else {
            let problem = Problem::new("missing_field", "a prompt in a list needs an `id`");
            reading.refuse("id", about.at, problem);
            return None;
        };
        let at = node.at;
        let text = reading.text("id", node)?;
        return PromptName::parse(&text)
            .map_err(|error| reading.refuse("id", at, Problem::new("name", error.to_string())))
            .ok();
    };
    for (key, node) in [("id", id), ("name", name)] {
        if let Some(node) = node
            && node.text() != Some(of_file.as_str())
        {
            let shown: String = node.text().unwrap_or_default().chars().take(80).collect();
            let warning =
                Problem::new("name", format!("the prompt is named `{of_file}` by its file, not `{shown}`"));
            reading.warn(key, node.at, warning.hint("rename the file, or remove the key"));
        }
    }
    Some(of_file.clone())
}

fn version(reading: &mut Reading<'_>, node: Node) -> Option<VersionNumber> {
    let at = node.at;
    let text = reading.text("version", node)?;
    VersionNumber::parse(&text)
        .map_err(|error| {
            let problem = Problem::new("semver", error.to_string());
            reading.refuse("version", at, problem.hint("write three numbers, for example `1.2.0`"));
        })
        .ok()
}

fn commit(reading: &mut Reading<'_>, node: Node) -> Option<String> {
    let at = node.at;
    let text = reading.text("git_commit", node)?;
    if (7..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Some(text);
    }
    let problem = Problem::new("bad_commit", "a git commit has 7 to 40 hexadecimal digits");
    reading.refuse("git_commit", at, problem);
    None
}

fn document(reading: &mut Reading<'_>, entries: &mut Entries, about: &About) -> Option<Document> {
    let (kind, engine) = kind_and_engine(reading, entries, about.engine);
    let body = base_body(reading, entries, about);
    let kind = body.as_ref().and_then(|(body, at)| agreed_kind(reading, kind, body, *at));
    let is_chat = kind == Some(Kind::Chat);
    let mut document = Document { engine, kind: kind.unwrap_or_default(), ..Document::default() };
    if let Some(node) = take(entries, "variables") {
        document.variables = variables::read(reading, node);
    }
    if let Some(node) = take(entries, "variants") {
        document.variants = content::variants(reading, node, is_chat);
    }
    if let Some(node) = take(entries, "models") {
        document.models = content::models(reading, node, is_chat);
    }
    if let Some(node) = take(entries, "partials") {
        document.partials = content::partials(reading, node);
    }
    if let Some(node) = take(entries, "dependencies") {
        document.dependencies = content::dependencies(reading, node);
    }
    document.input_schema = schema(reading, entries, "input_schema");
    document.output_schema = schema(reading, entries, "output_schema");
    document.metadata = metadata::read(reading, entries);
    document.body = body?.0;
    Some(document)
}

/// What `kind`, `engine` and their synonyms say. `format` names either.
fn kind_and_engine(
    reading: &mut Reading<'_>,
    entries: &mut Entries,
    default: Engine,
) -> (Option<Kind>, Engine) {
    let (mut kind, mut engine) = (None, None);
    for key in ["kind", "engine", "template_format", "format"] {
        let Some(node) = take(entries, key) else { continue };
        let at = node.at;
        let Some(word) = reading.text(key, node) else { continue };
        let (found_kind, found_engine) = (kind_of(&word), engine_of(&word));
        let refusal = match key {
            "kind" if found_kind.is_none() => "kinds are text, chat, completion, instruction",
            "engine" | "template_format" if found_engine.is_none() => "engines are jinja and handlebars",
            _ if found_kind.or(kind) != kind.or(found_kind)
                || found_engine.or(engine) != engine.or(found_engine) =>
            {
                "another key of this prompt says something else"
            }
            _ if found_kind.is_none() && found_engine.is_none() => {
                "formats are text, chat, completion, instruction, jinja, handlebars"
            }
            _ => {
                (kind, engine) = (kind.or(found_kind), engine.or(found_engine));
                continue;
            }
        };
        let shown: String = word.chars().take(40).collect();
        let problem = Problem::new("invalid", format!("`{shown}` is not a possible `{key}`"));
        reading.refuse(key, at, problem.hint(refusal));
    }
    (kind, engine.unwrap_or(default))
}

fn kind_of(word: &str) -> Option<Kind> {
    Some(match word.to_ascii_lowercase().as_str() {
        "text" => Kind::Text,
        "chat" => Kind::Chat,
        "completion" => Kind::Completion,
        "instruction" => Kind::Instruction,
        _ => return None,
    })
}

fn engine_of(word: &str) -> Option<Engine> {
    Some(match word.to_ascii_lowercase().as_str() {
        "jinja" | "jinja2" => Engine::Jinja,
        "handlebars" => Engine::Handlebars,
        _ => return None,
    })
}

/// The text below the front matter, or what `content` or `messages` hold.
fn base_body(reading: &mut Reading<'_>, entries: &mut Entries, about: &About) -> Option<(Body, (u32, u32))> {
    let before = reading.problems.len();
    if let Some(text) = &about.body {
        for key in ["content", "messages"] {
            if let Some(node) = take(entries, key) {
                let problem = Problem::new("invalid", format!("`{key}` cannot stand in front matter"));
                let hint = "the text below the front matter is the prompt; use a .yaml file for messages";
                reading.refuse(key, node.at, problem.hint(hint));
            }
        }
        if text.trim().is_empty() {
            reading.refuse("content", about.at, Problem::new("empty_prompt", "the prompt has no text"));
            return None;
        }
        return Some((Body::Text(text.clone()), about.at));
    }
    match content::body(reading, "", entries) {
        Some((Body::Text(text), at)) if text.trim().is_empty() => {
            reading.refuse("content", at, Problem::new("empty_prompt", "the prompt has no text"));
            None
        }
        None if reading.problems.len() == before => {
            let problem = Problem::new("empty_prompt", "the prompt has neither `content` nor `messages`");
            reading.refuse("content", about.at, problem);
            None
        }
        found => found,
    }
}

/// The kind of a prompt: what the file says if its body agrees, else what the body says.
fn agreed_kind(reading: &mut Reading<'_>, said: Option<Kind>, body: &Body, at: (u32, u32)) -> Option<Kind> {
    let (problem, path) = match (said, body) {
        (None, Body::Messages(_)) => return Some(Kind::Chat),
        (None, Body::Text(_)) => return Some(Kind::Text),
        (Some(Kind::Chat), Body::Text(_)) => ("a chat prompt has `messages`, not `content`", "content"),
        (Some(kind), Body::Messages(_)) if kind != Kind::Chat => {
            ("only a chat prompt has `messages`", "messages")
        }
        (Some(kind), _) => return Some(kind),
    };
    reading.refuse(path, at, Problem::new("wrong_type", problem));
    None
}

/// A JSON Schema: a map, a boolean, or the name of a schema kept elsewhere.
fn schema(reading: &mut Reading<'_>, entries: &mut Entries, key: &str) -> Option<Value> {
    let node = take(entries, key)?;
    let (at, what) = (node.at, node.what());
    let value = reading.value(key, node)?;
    if value.is_object() || value.is_boolean() || value.is_string() {
        return Some(value);
    }
    let problem = Problem::new("wrong_type", format!("`{key}` must be a JSON Schema, not {what}"));
    reading.refuse(key, at, problem);
    None
}
