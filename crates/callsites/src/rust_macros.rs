//! The arguments of Rust's macros, which a grammar leaves as tokens.

use tree_sitter::{Node, Parser, Tree};

use crate::{
    grammar::{children, field, text},
    trees,
};

/// How many macros of a source are read, and how many bytes of them: those in macros are read again.
const MACROS: usize = 4096;
const BYTES: usize = 4 * 1024 * 1024;

/// The source's tree, and one for each macro whose arguments look like those of a call:
/// `println!("{}", prompt.render(&variables)?)`.
pub(crate) fn with_macros(parser: &mut Parser, tree: Tree, source: &str) -> Vec<Tree> {
    let mut trees = vec![tree];
    let mut next = 0;
    let mut bytes = 0;
    while let Some(tree) = trees.get(next) {
        let ranges: Vec<_> = trees::nodes(tree)
            .filter_map(|node| arguments(node, source))
            .take(MACROS - trees.len().min(MACROS))
            .map(|arguments| arguments.range())
            .collect();
        for range in ranges {
            bytes += range.end_byte - range.start_byte;
            if bytes > BYTES {
                return trees;
            }
            // In the same text, so that places in it stay what they are.
            if parser.set_included_ranges(&[range]).is_ok()
                && let Some(tree) = parser.parse(source, None)
            {
                trees.push(tree);
            }
        }
        next += 1;
    }
    trees
}

/// The tokens of a macro that are read as a tuple or list of expressions.
fn arguments<'t>(node: Node<'t>, source: &str) -> Option<Node<'t>> {
    if node.kind() != "macro_invocation" || is_json(node, source) {
        return None;
    }
    let tokens = children(node).into_iter().find(|child| child.kind() == "token_tree")?;
    let begins = text(tokens, source);
    // What `{` begins is a language of its own.
    begins.starts_with(['(', '[']).then_some(tokens)
}

/// Whether a macro makes a mapping: `json!`, `serde_json::json!`.
pub(crate) fn is_json(node: Node<'_>, source: &str) -> bool {
    let name = field(node, "macro").map(|name| text(name, source)).unwrap_or_default();
    node.kind() == "macro_invocation" && name.rsplit(':').next() == Some("json")
}
