//! Syntax trees, and walking them.

use tree_sitter::{Node, Tree, TreeCursor};

use crate::{Language, rust_macros};

/// The trees of a source: its own, and one for each macro whose arguments are read as expressions.
pub(crate) fn parse(language: Language, source: &str) -> Vec<Tree> {
    let Some(mut parser) = language.parser() else { return Vec::new() };
    let Some(tree) = parser.parse(source, None) else { return Vec::new() };
    match language {
        Language::Rust => rust_macros::with_macros(&mut parser, tree, source),
        Language::Python | Language::TypeScript | Language::Tsx => vec![tree],
    }
}

/// Every node with a name, parents before children, in the order they are written.
pub(crate) fn nodes(tree: &Tree) -> impl Iterator<Item = Node<'_>> {
    let mut cursor = tree.walk();
    let mut next = Some(cursor.node());
    std::iter::from_fn(move || {
        loop {
            let node = next?;
            next = advance(&mut cursor);
            if node.is_named() {
                return Some(node);
            }
        }
    })
}

/// Moves on without recursion: a source may nest deeper than a stack is.
fn advance<'t>(cursor: &mut TreeCursor<'t>) -> Option<Node<'t>> {
    if cursor.goto_first_child() {
        return Some(cursor.node());
    }
    while !cursor.goto_next_sibling() {
        if !cursor.goto_parent() {
            return None;
        }
    }
    Some(cursor.node())
}
