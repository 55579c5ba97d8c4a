//! The list form: several prompts under `prompts`, each with its text under `template` or `chat_template`.

use super::tree::{Entries, Node, Tree};
use crate::problem::Problem;

/// Keys beside `prompts` that speak of the file, not of a prompt.
const OF_THE_FILE: &[&str] = &["version", "metadata", "$schema"];

/// Advice about keys beside `prompts` that no prompt keeps.
pub(super) fn warnings(entries: &Entries) -> Vec<Problem> {
    let unknown = entries.iter().filter(|(key, _)| !OF_THE_FILE.contains(&key.as_str()));
    let warning = |(key, node): (&String, &Node)| {
        let message = format!("`{key}` beside `prompts` belongs to no prompt; it is not kept");
        Problem::new("unknown_field", message).at_path(key.as_str()).at(node.at.0, node.at.1)
    };
    unknown.map(warning).collect()
}

/// Whether an entry is written as in a list: its text stands in a map under `template` or `chat_template`.
pub(super) fn is_entry(entries: &Entries) -> bool {
    let is_map = |key: &str| entries.get(key).is_some_and(|node| matches!(node.tree, Tree::Map(_)));
    is_map("template") || is_map("chat_template")
}

/// Lifts what stands under `template` and `chat_template` to the top, so that one reader reads both forms.
/// Unknown keys keep their path: `template.helpers`.
pub(super) fn flatten(mut entries: Entries) -> Entries {
    for (key, lifted) in [
        ("template", &["content", "variables", "partials"][..]),
        ("chat_template", &["messages", "variables"][..]),
    ] {
        match entries.shift_remove(key) {
            Some(Node { tree: Tree::Map(inner), .. }) => lift(&mut entries, key, inner, lifted),
            // A text under `template` is another word for `content`.
            Some(node @ Node { tree: Tree::Scalar(_), .. }) if !entries.contains_key("content") => {
                entries.insert("content".into(), node);
            }
            Some(node) => {
                entries.insert(key.into(), node);
            }
            None => {}
        }
    }
    entries
}

fn lift(entries: &mut Entries, key: &str, inner: Entries, lifted: &[&str]) {
    for (name, node) in inner {
        if lifted.contains(&name.as_str()) && entries.get(&name).is_none_or(Node::is_null) {
            entries.insert(name, node);
        } else if !node.is_empty() {
            entries.insert(format!("{key}.{name}"), node);
        }
    }
}
