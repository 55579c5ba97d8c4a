//! YAML into a [`Node`]: strict, within a budget, one document, no tags.
//!
//! Works on the events of the parser, so nothing here recurses and aliases are paid for before they are copied.

use std::collections::HashMap;

use granit_parser::{ErrorKind, Event, Marker, Parser, ScalarStyle, ScanError, Span, Tag};
use indexmap::map::Entry;

use super::{
    text::{self, to_u32},
    tree::{Entries, Node, Scalar, Style, Tree},
};
use crate::{limits::Limits, problem::Problem};

/// Anchors of one file: more than anybody writes by hand.
const ANCHORS: usize = 100;

/// Reads the one document of a YAML text; `None` when there is nothing but comments or null.
pub(super) fn read(source: &str, limits: &Limits) -> Result<Option<Node>, Problem> {
    let mut options = granit_parser::options! {
        flow_nesting_limit: limits.depth + 1,
        block_nesting_limit: limits.depth + 1,
    };
    options.set_emit_comments(false);
    let mut builder =
        Builder { limits, open: Vec::new(), anchors: HashMap::new(), used: Used::default(), root: None };
    let mut documents = 0;
    for next in Parser::new_from_str_with_options(source, options) {
        let (event, span) = next.map_err(|error| syntax(&error, source))?;
        match event {
            Event::DocumentStart(..) if documents > 0 => {
                let problem = Problem::new("yaml_syntax", "the file holds more than one YAML document");
                return Err(at(
                    problem.hint("keep one prompt a file, or use a list under `prompts:`"),
                    &span.start,
                ));
            }
            Event::DocumentStart(..) => documents += 1,
            event => builder.take(event, &span)?,
        }
    }
    Ok(builder.root.filter(|node| !node.is_null()))
}

/// What an input has cost so far, aliases counted as if they were written out.
#[derive(Clone, Copy, Default)]
struct Used {
    nodes: usize,
    bytes: usize,
}

/// A list or map whose end has not been seen.
struct Open {
    at: (u32, u32),
    entries: Option<Entries>,
    items: Vec<Node>,
    key: Option<(String, (u32, u32))>,
    anchor: usize,
    before: Used,
    height: usize,
}

/// A node that aliases may name, with its cost.
struct Anchored {
    node: Node,
    cost: Used,
    height: usize,
}

struct Builder<'l> {
    limits: &'l Limits,
    open: Vec<Open>,
    /// By anchor id; `None` while the anchored node is still open.
    anchors: HashMap<usize, Option<Anchored>>,
    used: Used,
    root: Option<Node>,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), Problem> {
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                self.spend(Used { nodes: 1, bytes: value.len() }, &span.start)?;
                let tag = allowed_tag(tag.as_deref(), span)?;
                let node = scalar(&value, style, tag, span)?;
                self.anchor(anchor, &span.start)?;
                self.close(node, anchor, Used { nodes: 1, bytes: value.len() }, 0)
            }
            Event::SequenceStart(_, anchor, tag) => {
                allowed_tag(tag.as_deref(), span)?;
                self.open(None, anchor, &span.start)
            }
            Event::MappingStart(_, anchor, tag) => {
                allowed_tag(tag.as_deref(), span)?;
                self.open(Some(Entries::new()), anchor, &span.start)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return Ok(()) };
                let tree = open.entries.map_or(Tree::List(open.items), |entries| Tree::Map(merged(entries)));
                let cost = Used {
                    nodes: self.used.nodes - open.before.nodes,
                    bytes: self.used.bytes - open.before.bytes,
                };
                self.close(Node { at: open.at, tree }, open.anchor, cost, open.height + 1)
            }
            Event::Alias(id) => self.alias(id, &span.start),
            _ => Ok(()),
        }
    }

    fn open(&mut self, entries: Option<Entries>, anchor: usize, start: &Marker) -> Result<(), Problem> {
        let before = self.used;
        self.spend(Used { nodes: 1, bytes: 0 }, start)?;
        self.anchor(anchor, start)?;
        if self.open.len() >= self.limits.depth {
            return Err(too_deep(self.limits.depth, start));
        }
        self.open.push(Open {
            at: place(start),
            entries,
            items: Vec::new(),
            key: None,
            anchor,
            before,
            height: 0,
        });
        Ok(())
    }

    fn anchor(&mut self, id: usize, start: &Marker) -> Result<(), Problem> {
        if id == 0 {
            return Ok(());
        }
        self.anchors.insert(id, None);
        if self.anchors.len() > ANCHORS {
            let problem =
                Problem::new("yaml_too_complex", format!("the file has more than {ANCHORS} anchors"));
            return Err(at(problem, start));
        }
        Ok(())
    }

    fn alias(&mut self, id: usize, start: &Marker) -> Result<(), Problem> {
        let Some(Some(anchored)) = self.anchors.get(&id) else {
            return Err(at(
                Problem::new("yaml_recursive", "the alias names a value that contains it"),
                start,
            ));
        };
        let (cost, height) = (anchored.cost, anchored.height);
        if self.open.len() + height > self.limits.depth {
            return Err(too_deep(self.limits.depth, start));
        }
        self.spend(cost, start)?;
        let Some(Some(anchored)) = self.anchors.get(&id) else { return Ok(()) };
        let node = Node { at: place(start), tree: anchored.node.tree.clone() };
        self.close(node, 0, cost, height)
    }

    /// Counts a cost before it is paid.
    fn spend(&mut self, cost: Used, start: &Marker) -> Result<(), Problem> {
        self.used.nodes += cost.nodes;
        self.used.bytes += cost.bytes;
        let over = if self.used.nodes > self.limits.yaml_nodes {
            format!("more than {} values", self.limits.yaml_nodes)
        } else if self.used.bytes > self.limits.file_bytes {
            format!("more than {} bytes of text", self.limits.file_bytes)
        } else {
            return Ok(());
        };
        Err(at(Problem::new("yaml_too_complex", format!("with its aliases the YAML holds {over}")), start))
    }

    /// Puts a complete node where it belongs.
    fn close(&mut self, mut node: Node, anchor: usize, cost: Used, height: usize) -> Result<(), Problem> {
        if anchor != 0 {
            // The copy kept for aliases is paid for too: nested anchors would multiply it.
            self.used.bytes += cost.bytes;
            self.anchors.insert(anchor, Some(Anchored { node: node.clone(), cost, height }));
        }
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        parent.height = parent.height.max(height);
        let Some(entries) = &mut parent.entries else {
            parent.items.push(node);
            return Ok(());
        };
        match parent.key.take() {
            None => parent.key = Some(key(node)?),
            Some((name, (line, column))) => {
                node.at = (line, column);
                match entries.entry(name) {
                    Entry::Occupied(entry) => return Err(duplicate(entry.key(), line, column)),
                    Entry::Vacant(entry) => {
                        entry.insert(node);
                    }
                }
            }
        }
        Ok(())
    }
}

fn key(node: Node) -> Result<(String, (u32, u32)), Problem> {
    match node.tree {
        Tree::Scalar(scalar) => Ok((scalar.text, node.at)),
        _ => Err(Problem::new("yaml_syntax", "a key must be a text, not a list or mapping")
            .hint("quote a text that starts with `{` or `[`, or write it as a block after `|`")
            .at(node.at.0, node.at.1)),
    }
}

fn duplicate(key: &str, line: u32, column: u32) -> Problem {
    let shown: String = key.chars().take(80).collect();
    Problem::new("yaml_duplicate_key", format!("the key `{shown}` stands twice")).at(line, column)
}

/// Resolves `<<: *defaults`: entries of the defaults that the map does not have itself.
fn merged(mut entries: Entries) -> Entries {
    let defaults = match entries.get("<<").map(|node| &node.tree) {
        Some(Tree::Map(_)) => entries.shift_remove("<<").into_iter().collect(),
        Some(Tree::List(items)) if items.iter().all(|item| matches!(item.tree, Tree::Map(_))) => {
            match entries.shift_remove("<<").map(|node| node.tree) {
                Some(Tree::List(items)) => items,
                _ => Vec::new(),
            }
        }
        _ => return entries,
    };
    for node in defaults {
        let Tree::Map(defaults) = node.tree else { continue };
        for (name, value) in defaults {
            entries.entry(name).or_insert(value);
        }
    }
    entries
}

fn scalar(value: &str, style: ScalarStyle, tag: Option<&str>, span: &Span) -> Result<Node, Problem> {
    if let Some((_, character)) = text::control_character(value) {
        return Err(at(text::control_problem(character), &span.start));
    }
    let style = match (tag, style) {
        (Some("str"), ScalarStyle::Plain) => Style::Single,
        (Some("int" | "float" | "bool" | "null"), _) | (_, ScalarStyle::Plain) => Style::Plain,
        (_, ScalarStyle::SingleQuoted) => Style::Single,
        (_, ScalarStyle::DoubleQuoted) => Style::Double,
        (_, ScalarStyle::Literal) => Style::Literal,
        (_, ScalarStyle::Folded) => Style::Folded,
    };
    let at = place(&span.start);
    let span = span.byte_range().map_or((0, 0), |range| (range.start, range.end));
    let text = text::with_line_feeds(value).into_owned();
    Ok(Node { at, tree: Tree::Scalar(Scalar { text, style, at, span }) })
}

fn allowed_tag<'t>(tag: Option<&'t Tag>, span: &Span) -> Result<Option<&'t str>, Problem> {
    let Some(tag) = tag else { return Ok(None) };
    if let Some(core) = tag.core_suffix() {
        return Ok(Some(core));
    }
    let shown: String = tag.original().chars().take(80).collect();
    let problem = Problem::new("yaml_tag_forbidden", format!("the tag `{shown}` is not allowed"))
        .hint("remove it; PromptSync reads plain values only");
    Err(at(problem, &span.tag_start().unwrap_or(span.start)))
}

fn too_deep(limit: usize, start: &Marker) -> Problem {
    at(Problem::new("yaml_depth", format!("the YAML is nested deeper than {limit} levels")), start)
}

fn syntax(error: &ScanError, source: &str) -> Problem {
    let line = source.lines().nth(error.marker().line().saturating_sub(1)).unwrap_or_default();
    let indentation = &line[..line.len() - line.trim_start().len()];
    if let Some(tab) = indentation.find('\t') {
        let problem = Problem::new("yaml_syntax", "a tab cannot indent YAML").hint("indent with spaces");
        return problem.at(to_u32(error.marker().line()), to_u32(tab + 1));
    }
    let code = match error.kind() {
        ErrorKind::RecursionLimitExceeded => "yaml_depth",
        ErrorKind::UndeclaredTagHandle => "yaml_tag_forbidden",
        _ => "yaml_syntax",
    };
    let problem = Problem::new(code, format!("the YAML cannot be read: {}", error.info()));
    let problem = match error.kind() {
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => {
            problem.hint("quote a text that holds `: `, or write it as a block after `|`")
        }
        ErrorKind::UnexpectedCharacter { .. } => problem
            .hint("quote a text that starts with a special character, or write it as a block after `|`"),
        _ => problem,
    };
    at(problem, error.marker())
}

fn at(problem: Problem, marker: &Marker) -> Problem {
    let (line, column) = place(marker);
    problem.at(line, column)
}

fn place(marker: &Marker) -> (u32, u32) {
    (to_u32(marker.line()), to_u32(marker.col() + 1))
}
