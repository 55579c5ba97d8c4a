//! Messages, in the shapes people write them.

use super::{
    reading::{Reading, take},
    tree::{Entries, Node, Tree},
};
use crate::{
    documents::{Message, Placeholder, Role, Said},
    names::nearest,
    problem::Problem,
};

const KEYS: &[&str] = &["role", "content", "name", "placeholder", "optional"];
const ROLES: &[&str] = &["system", "developer", "user", "assistant", "tool", "function"];

/// A list of messages.
pub(super) fn read(reading: &mut Reading<'_>, path: &str, node: Node) -> Option<Vec<Message>> {
    let at = node.at;
    let items = reading.items(path, node)?;
    if items.is_empty() {
        let problem = Problem::new("empty_messages", "the conversation has no messages");
        reading.refuse(path, at, problem.hint("add one: `- {role: system, content: …}`"));
        return None;
    }
    let before = reading.problems.len();
    let read: Vec<_> = items
        .into_iter()
        .enumerate()
        .filter_map(|(index, item)| message(reading, &format!("{path}[{index}]"), item))
        .collect();
    (reading.problems.len() == before).then_some(read)
}

fn message(reading: &mut Reading<'_>, path: &str, node: Node) -> Option<Message> {
    let at = node.at;
    let mut entries = short_form(reading.entries(path, node)?);
    let read = match placeholder_name(&mut entries) {
        Some(name) => placeholder(reading, path, name, &mut entries),
        None => said(reading, path, at, &mut entries),
    };
    reading.keep_unknown(&format!("{path}."), entries, KEYS);
    read
}

/// `{system: text}` is short for `{role: system, content: text}`.
fn short_form(mut entries: Entries) -> Entries {
    let short = entries.len() == 1 && entries.keys().all(|key| role(key).is_some());
    match entries.pop() {
        Some((key, node)) if short => {
            let name = Node { at: node.at, tree: Tree::Scalar(super::tree::Scalar::written(key, node.at)) };
            entries.insert("role".into(), name);
            entries.insert("content".into(), node);
        }
        Some((key, node)) => {
            entries.insert(key, node);
        }
        None => {}
    }
    entries
}

/// The variable a placeholder stands for, in each of its shapes: `{placeholder: history}`,
/// `{role: placeholder, name: history}`, `{type: placeholder, variable_name: history}`.
fn placeholder_name(entries: &mut Entries) -> Option<Node> {
    if let Some(name) = take(entries, "placeholder") {
        return Some(name);
    }
    let is_placeholder = |key: &str| {
        let text = entries.get(key).and_then(Node::text).map(str::to_ascii_lowercase);
        matches!(text.as_deref(), Some("placeholder" | "messages_placeholder"))
    };
    let marker = ["role", "type"].into_iter().find(|key| is_placeholder(key))?;
    let name_key = ["name", "variable_name", "variable", "content"]
        .into_iter()
        .find(|key| entries.contains_key(*key))?;
    entries.shift_remove(marker);
    take(entries, name_key)
}

fn placeholder(reading: &mut Reading<'_>, path: &str, name: Node, entries: &mut Entries) -> Option<Message> {
    let (at, path) = (name.at, format!("{path}.placeholder"));
    reading.declare(&path, at);
    let placeholder = reading.text(&path, name)?;
    let is_name = !placeholder.is_empty()
        && !placeholder.starts_with(|c: char| c.is_ascii_digit())
        && placeholder.chars().all(|c| c.is_alphanumeric() || c == '_');
    if !is_name {
        let problem = Problem::new("name", "a placeholder names a variable: letters, digits and `_`");
        reading.refuse(&path, at, problem);
        return None;
    }
    let optional = match take(entries, "optional") {
        Some(node) => reading.boolean(&path, &node)?,
        None => false,
    };
    Some(Message::Placeholder(Placeholder { placeholder, optional }))
}

fn said(reading: &mut Reading<'_>, path: &str, at: (u32, u32), entries: &mut Entries) -> Option<Message> {
    let (role_node, content, name) = (take(entries, "role"), take(entries, "content"), take(entries, "name"));
    let (Some(role_node), Some(content)) = (role_node, content) else {
        let problem = Problem::new("missing_field", "a message has `role` and `content`, or `placeholder`");
        reading.refuse(path, at, problem);
        return None;
    };
    let role = read_role(reading, &format!("{path}.role"), role_node);
    let content = reading.template(&format!("{path}.content"), content);
    let name = match name {
        Some(node) => Some(reading.text(&format!("{path}.name"), node)?),
        None => None,
    };
    Some(Message::Said(Said { role: role?, name, content: content? }))
}

fn read_role(reading: &mut Reading<'_>, path: &str, node: Node) -> Option<Role> {
    let at = node.at;
    let word = reading.text(path, node)?;
    let Some((role, written_here)) = role(&word) else {
        let shown: String = word.chars().take(40).collect();
        let problem = Problem::new("invalid_role", format!("`{shown}` is not a role"));
        let hint = match nearest(&shown, ROLES.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("roles are {}", ROLES.join(", ")),
        };
        reading.refuse(path, at, problem.hint(hint));
        return None;
    };
    if word != written_here {
        let warning = Problem::new("invalid_role", format!("the role `{word}` is read as `{written_here}`"));
        reading.warn(path, at, warning);
    }
    Some(role)
}

/// The role a word means, and how that role is written here.
fn role(word: &str) -> Option<(Role, &'static str)> {
    Some(match word.to_ascii_lowercase().as_str() {
        "system" => (Role::System, "system"),
        "developer" => (Role::Developer, "developer"),
        "user" | "human" => (Role::User, "user"),
        "assistant" | "ai" => (Role::Assistant, "assistant"),
        "tool" => (Role::Tool, "tool"),
        "function" => (Role::Function, "function"),
        _ => return None,
    })
}
