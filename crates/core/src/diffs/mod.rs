//! What changed between two documents: by line, by word, by meaning, and as a page.

mod html;
mod semantic;
mod text;
mod unified;

use serde::{Deserialize, Serialize};

use crate::{bumps::Reason, interface::Interface, versions::Bump};

pub use html::html;
pub use text::{Line, LineKind, Piece, hunks, lines, words};
pub use unified::unified;

/// One side of a comparison.
#[derive(Clone, Debug)]
pub struct Side<'a> {
    /// What to call it: `customer_support 1.2.0`, `prompts/customer_support.yaml@abc123`.
    pub label: String,
    /// The document.
    pub document: &'a crate::documents::Document,
    /// Its interface.
    pub interface: &'a Interface,
}

/// A comparison of two documents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Diff {
    /// What the old side is called.
    pub old: String,
    /// What the new side is called.
    pub new: String,
    /// The smallest honest bump.
    pub bump: Bump,
    /// What changed for callers, strongest first.
    pub changes: Vec<Reason>,
    /// What changed in each field, in document order.
    pub fields: Vec<FieldDiff>,
}

/// What changed in one field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FieldDiff {
    /// The field, as a path: `messages[0].content`, `variables.issue.type`.
    pub path: String,
    /// Its lines, old and new interleaved.
    pub lines: Vec<Line>,
}

/// Compares two documents.
pub fn diff(old: &Side<'_>, new: &Side<'_>) -> Diff {
    semantic::diff(old, new)
}

#[cfg(test)]
mod tests;
