//! Places in a source.

use tree_sitter::Node;

/// A place in a source, as people count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl Place {
    /// Where a node begins. The grammar counts bytes; people count characters.
    pub(crate) fn of(node: Node<'_>, source: &str) -> Self {
        let start = node.start_position();
        let line_start = node.start_byte().saturating_sub(start.column);
        let before = source.get(line_start..node.start_byte()).unwrap_or_default();
        // A byte order mark is no character that an editor shows.
        let characters = before.trim_start_matches('\u{feff}').chars().count();
        let from_one = |count: usize| u32::try_from(count.saturating_add(1)).unwrap_or(u32::MAX);
        Self { line: from_one(start.row), column: from_one(characters) }
    }
}
