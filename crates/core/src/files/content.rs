//! What a prompt says besides its base text: bodies, variants, overrides for models, partials, dependencies.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::{
    messages,
    reading::{Reading, take},
    tree::{Entries, Node, Tree},
};
use crate::{
    documents::{Body, Variant},
    names::PromptName,
    problem::Problem,
    versions::VersionRange,
};

/// The body under `content` or `messages` of a map, with the place of the key it came from. `prefix` is the path of
/// the map, with its dot.
pub(super) fn body(
    reading: &mut Reading<'_>,
    prefix: &str,
    entries: &mut Entries,
) -> Option<(Body, (u32, u32))> {
    match (take(entries, "content"), take(entries, "messages")) {
        (Some(_), Some(node)) => {
            let problem = Problem::new("invalid", "a prompt has `content` or `messages`, not both");
            reading.refuse(&format!("{prefix}messages"), node.at, problem);
            None
        }
        (Some(node), None) => {
            let at = node.at;
            reading.template(&format!("{prefix}content"), node).map(|text| (Body::Text(text), at))
        }
        (None, Some(node)) => {
            let at = node.at;
            messages::read(reading, &format!("{prefix}messages"), node).map(|list| (Body::Messages(list), at))
        }
        (None, None) => None,
    }
}

/// The variants: a list of `{tags, content | messages}`.
pub(super) fn variants(reading: &mut Reading<'_>, node: Node, is_chat: bool) -> Vec<Variant> {
    let at = node.at;
    let items = reading.items("variants", node).unwrap_or_default();
    if items.len() > reading.limits.variants {
        let (count, limit) = (items.len(), reading.limits.variants);
        let problem = Problem::new(
            "too_many_variants",
            format!("the prompt has {count} variants; the limit is {limit}"),
        );
        reading.refuse("variants", at, problem);
        return Vec::new();
    }
    let each = items.into_iter().enumerate();
    each.filter_map(|(index, item)| variant(reading, &format!("variants[{index}]"), item, is_chat)).collect()
}

fn variant(reading: &mut Reading<'_>, path: &str, node: Node, is_chat: bool) -> Option<Variant> {
    let at = node.at;
    reading.declare(path, at);
    let mut entries = reading.entries(path, node)?;
    let tags = match take(&mut entries, "tags") {
        Some(node) => tags(reading, &format!("{path}.tags"), node),
        None => BTreeMap::new(),
    };
    let before = reading.problems.len();
    let body = body(reading, &format!("{path}."), &mut entries);
    if body.is_none() && reading.problems.len() == before {
        let problem = Problem::new("missing_field", "a variant needs `content` or `messages`");
        reading.refuse(path, at, problem);
    }
    if tags.is_empty() && reading.problems.len() == before {
        let problem = Problem::new("missing_field", "a variant needs `tags` by which it is chosen");
        reading.refuse(path, at, problem.hint("for example `tags: {locale: en}`"));
    }
    reading.keep_unknown(&format!("{path}."), entries, &["tags", "content", "messages"]);
    let (body, at) = body?;
    same_form(reading, path, &body, at, is_chat)?;
    Some(Variant { tags, body })
}

fn tags(reading: &mut Reading<'_>, path: &str, node: Node) -> BTreeMap<String, String> {
    let at = node.at;
    let tags: BTreeMap<_, _> = reading.texts(path, node).into_iter().collect();
    if tags.len() > reading.limits.tags {
        let (count, limit) = (tags.len(), reading.limits.tags);
        let problem =
            Problem::new("too_many_tags", format!("the variant has {count} tags; the limit is {limit}"));
        reading.refuse(path, at, problem);
    }
    tags
}

/// Variants and overrides are texts where the prompt is one, and messages where it is a chat.
fn same_form(
    reading: &mut Reading<'_>,
    path: &str,
    body: &Body,
    at: (u32, u32),
    is_chat: bool,
) -> Option<()> {
    if matches!(body, Body::Messages(_)) == is_chat {
        return Some(());
    }
    let words = if is_chat {
        "the prompt has messages, so this needs `messages` too"
    } else {
        "the prompt is a text, so this needs `content`"
    };
    reading.refuse(path, at, Problem::new("wrong_type", words));
    None
}

/// Keys of a model that would say where a call of it goes, or with what. That is for whoever operates the server: a prompt
/// that could say it would send keys of others wherever its author likes.
const OF_A_CALL: [&str; 10] = [
    "api_base",
    "api_key",
    "api_version",
    "authorization",
    "base_url",
    "endpoint",
    "extra_headers",
    "headers",
    "proxy",
    "url",
];

/// Bodies for models: a map from model id to a text, a list of messages, or `{content | messages}`.
pub(super) fn models(reading: &mut Reading<'_>, node: Node, is_chat: bool) -> IndexMap<String, Body> {
    let entries = reading.entries("models", node).unwrap_or_default();
    let mut models = IndexMap::new();
    for (id, node) in entries {
        let (path, at) = (format!("models.{id}"), node.at);
        let found = match node.tree {
            Tree::Scalar(_) => reading.template(&format!("{path}.content"), node).map(Body::Text),
            Tree::List(_) => messages::read(reading, &format!("{path}.messages"), node).map(Body::Messages),
            Tree::Map(mut entries) => {
                let before = reading.problems.len();
                let found = body(reading, &format!("{path}."), &mut entries).map(|(body, _)| body);
                if found.is_none() && reading.problems.len() == before {
                    let problem = Problem::new("missing_field", "a model needs `content` or `messages`");
                    reading.refuse(&path, at, problem);
                }
                for key in OF_A_CALL {
                    if let Some(node) = take(&mut entries, key) {
                        let message = "a prompt does not say where a model is called, or with what";
                        reading.refuse(
                            &format!("{path}.{key}"),
                            node.at,
                            Problem::new("unknown_field", message),
                        );
                    }
                }
                reading.keep_unknown(&format!("{path}."), entries, &["content", "messages"]);
                found
            }
        };
        if let Some(found) = found
            && same_form(reading, &path, &found, at, is_chat).is_some()
        {
            models.insert(id, found);
        }
    }
    models
}

/// Named pieces of template: a map from name to text.
pub(super) fn partials(reading: &mut Reading<'_>, node: Node) -> IndexMap<String, String> {
    let entries = reading.entries("partials", node).unwrap_or_default();
    entries
        .into_iter()
        .filter_map(|(name, node)| {
            let text = reading.template(&format!("partials.{name}"), node)?;
            Some((name, text))
        })
        .collect()
}

/// Prompts that may be included: a list of names (`name` or `name@range`), or a map from name to range.
pub(super) fn dependencies(reading: &mut Reading<'_>, node: Node) -> IndexMap<PromptName, String> {
    let mut found = IndexMap::new();
    if let Tree::Map(entries) = node.tree {
        for (name, node) in entries {
            let (path, at) = (format!("dependencies.{name}"), node.at);
            let range = if node.is_null() { Some("*".into()) } else { reading.text(&path, node) };
            let Some(range) = range else { continue };
            found.extend(dependency(reading, &path, at, &name, &range));
        }
        return found;
    }
    let items = reading.items("dependencies", node).unwrap_or_default();
    for (index, item) in items.into_iter().enumerate() {
        let (path, at) = (format!("dependencies[{index}]"), item.at);
        let Some(text) = reading.text(&path, item) else { continue };
        let (name, range) = text.split_once('@').unwrap_or((&text, "*"));
        found.extend(dependency(reading, &path, at, name, range));
    }
    found
}

fn dependency(
    reading: &mut Reading<'_>,
    path: &str,
    at: (u32, u32),
    name: &str,
    range: &str,
) -> Option<(PromptName, String)> {
    reading.declare(path, at);
    if let Err(error) = VersionRange::parse(range) {
        let problem = Problem::new("semver", error.to_string());
        reading.refuse(path, at, problem.hint("a range is `*`, `^1.2`, `~1.2.3` or `>=1 <2`"));
        return None;
    }
    match PromptName::parse(name) {
        Ok(name) => Some((name, range.to_owned())),
        Err(error) => {
            reading.refuse(path, at, Problem::new("name", error.to_string()));
            None
        }
    }
}
