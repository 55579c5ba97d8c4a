//! What reading one prompt collects on the way: places, problems, advice, and keys without a meaning.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    places::{self, Place},
    tree::{Entries, Node, Scalar, Tree},
};
use crate::{limits::Limits, names::nearest, problem::Problem};

/// Problems, and warnings, listed of one prompt.
const LISTED: usize = 100;

/// The state of reading one prompt. Every reader takes the field's path for its problems.
pub(super) struct Reading<'a> {
    /// The YAML or JSON text the nodes come from.
    pub(super) source: &'a str,
    /// Lines of the file before that text.
    pub(super) shift: u32,
    pub(super) limits: &'a Limits,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
    pub(super) places: BTreeMap<String, Place>,
    pub(super) extra: Map<String, Value>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(source: &'a str, shift: u32, limits: &'a Limits) -> Self {
        Self {
            source,
            shift,
            limits,
            problems: Vec::new(),
            warnings: Vec::new(),
            places: BTreeMap::new(),
            extra: Map::new(),
        }
    }

    /// Notes a problem of the field at a place of the source.
    pub(super) fn refuse(&mut self, path: &str, at: (u32, u32), problem: Problem) {
        note(&mut self.problems, problem.at_path(path).at(at.0 + self.shift, at.1));
    }

    /// Notes advice about the field at a place of the source.
    pub(super) fn warn(&mut self, path: &str, at: (u32, u32), problem: Problem) {
        note(&mut self.warnings, problem.at_path(path).at(at.0 + self.shift, at.1));
    }

    /// Notes where a declaration stands.
    pub(super) fn declare(&mut self, path: &str, at: (u32, u32)) {
        self.places.insert(path.to_owned(), Place::new(at.0 + self.shift, at.1));
    }

    fn wrong_type(&mut self, path: &str, node: &Node, expected: &str) {
        let problem = Problem::new("wrong_type", format!("`{path}` must be {expected}, not {}", node.what()));
        let problem = match &node.tree {
            Tree::Map(_) if expected == "a text" => {
                problem.hint("quote a text that starts with `{`, or write it as a block after `|`")
            }
            _ => problem,
        };
        self.refuse(path, node.at, problem);
    }

    /// A text; a plain number or boolean of YAML is taken as it was written.
    pub(super) fn text(&mut self, path: &str, node: Node) -> Option<String> {
        if node.text().is_none() {
            self.wrong_type(path, &node, "a text");
            return None;
        }
        match node.tree {
            Tree::Scalar(scalar) => Some(scalar.text),
            _ => None,
        }
    }

    /// A template: a text whose lines can be found again in the file.
    pub(super) fn template(&mut self, path: &str, node: Node) -> Option<String> {
        if let Tree::Scalar(scalar) = &node.tree {
            self.places.insert(path.to_owned(), self.place_of(scalar));
        }
        self.text(path, node)
    }

    fn place_of(&self, scalar: &Scalar) -> Place {
        places::of_scalar(scalar, self.source, self.shift)
    }

    /// Any value, typed by the rules of YAML 1.2 or JSON.
    pub(super) fn value(&mut self, path: &str, node: Node) -> Option<Value> {
        let at = node.at;
        match node.into_value() {
            Ok(value) => Some(value),
            Err(problem) => {
                let at = problem.line.zip(problem.column).unwrap_or(at);
                self.refuse(path, at, problem);
                None
            }
        }
    }

    pub(super) fn boolean(&mut self, path: &str, node: &Node) -> Option<bool> {
        if let Tree::Scalar(scalar) = &node.tree
            && let Some(Value::Bool(value)) = scalar.untyped()
        {
            return Some(value);
        }
        self.wrong_type(path, node, "true or false");
        None
    }

    pub(super) fn entries(&mut self, path: &str, node: Node) -> Option<Entries> {
        if let Tree::Map(entries) = node.tree {
            return Some(entries);
        }
        self.wrong_type(path, &node, "a mapping");
        None
    }

    pub(super) fn items(&mut self, path: &str, node: Node) -> Option<Vec<Node>> {
        if let Tree::List(items) = node.tree {
            return Some(items);
        }
        self.wrong_type(path, &node, "a list");
        None
    }

    /// A map from texts to texts, for example the tags of a variant.
    pub(super) fn texts(&mut self, path: &str, node: Node) -> Vec<(String, String)> {
        let entries = self.entries(path, node).unwrap_or_default();
        entries
            .into_iter()
            .filter_map(|(key, node)| {
                let value = self.text(&format!("{path}.{key}"), node)?;
                Some((key, value))
            })
            .collect()
    }

    /// Keeps what is left of a map, with a warning that says which known key was perhaps meant. Keys of inner maps
    /// are kept by their whole path.
    pub(super) fn keep_unknown(&mut self, prefix: &str, left: Entries, known: &[&str]) {
        for (key, node) in left {
            let path = format!("{prefix}{key}");
            let mut warning =
                Problem::new("unknown_field", format!("`{path}` has no meaning here; it is kept"));
            if let Some(meant) = nearest(&key, known.iter().copied()) {
                warning = warning.hint(format!("did you mean `{meant}`?"));
            }
            self.warn(&path, node.at, warning);
            if let Some(value) = self.value(&path, node) {
                self.extra.insert(path, value);
            }
        }
    }
}

/// Adds to a list that a hostile file must not make endless; the last entry says that there is more.
fn note(list: &mut Vec<Problem>, mut problem: Problem) {
    if list.len() == LISTED {
        problem.hint = Some("there are more like this; they are not listed".into());
    }
    if list.len() <= LISTED {
        list.push(problem);
    }
}

/// Takes an entry out of a map. Null counts as absent.
pub(super) fn take(entries: &mut Entries, key: &str) -> Option<Node> {
    entries.shift_remove(key).filter(|node| !node.is_null())
}
