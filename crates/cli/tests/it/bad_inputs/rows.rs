//! A row of the table.

use super::http::Request;

/// A request, the answer it must get, and what the answer must hold.
pub(super) struct Row {
    pub(super) id: &'static str,
    pub(super) request: Request,
    /// Status and code, and for a push the codes of its files: `422 push_refused yaml_depth`.
    pub(super) outcome: &'static str,
    pub(super) holds: Vec<String>,
    /// What it must not hold.
    pub(super) lacks: Vec<String>,
}

impl Row {
    pub(super) fn holding(mut self, text: impl Into<String>) -> Self {
        self.holds.push(text.into());
        self
    }

    pub(super) fn lacking(mut self, text: impl Into<String>) -> Self {
        self.lacks.push(text.into());
        self
    }
}

pub(super) fn row(id: &'static str, request: Request, outcome: &'static str) -> Row {
    Row { id, request, outcome, holds: Vec::new(), lacks: Vec::new() }
}
