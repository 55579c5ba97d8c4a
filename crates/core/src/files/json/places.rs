//! A JSON file into a [`Node`], with the place of each value.

use super::strict::{end_of_string, parse_strict};
use crate::{
    files::{
        text::{self, control_problem},
        tree::{Entries, Node, Scalar, Style, Tree},
    },
    limits::Limits,
    problem::Problem,
};

/// Reads a JSON file; `None` when it is null.
pub(in crate::files) fn read(source: &str, limits: &Limits) -> Result<Option<Node>, Problem> {
    // The strict reader refuses everything that is not JSON, so the walk below may trust the text.
    parse_strict(source.as_bytes(), limits)?;
    let mut walk =
        Walk { source, bytes: source.as_bytes(), at: 0, counted: 0, line: 1, column: 1, values: 0, limits };
    walk.space();
    let node = walk.value()?;
    Ok(Some(node).filter(|node| !node.is_null()))
}

/// Walks a text that is known to be JSON.
struct Walk<'a> {
    source: &'a str,
    bytes: &'a [u8],
    at: usize,
    /// Up to where lines and columns are counted; it only moves forward, so counting is linear.
    counted: usize,
    line: u32,
    column: u32,
    values: usize,
    limits: &'a Limits,
}

impl Walk<'_> {
    fn value(&mut self) -> Result<Node, Problem> {
        let at = self.place();
        self.values += 1;
        if self.values > self.limits.yaml_nodes {
            let message = format!("the file holds more than {} values", self.limits.yaml_nodes);
            return Err(Problem::new("document_too_large", message).at(at.0, at.1));
        }
        let tree = match self.bytes.get(self.at) {
            Some(b'{') => Tree::Map(self.map()?),
            Some(b'[') => Tree::List(self.list()?),
            Some(b'"') => Tree::Scalar(self.string(at)?),
            _ => Tree::Scalar(self.literal(at)),
        };
        Ok(Node { at, tree })
    }

    fn map(&mut self) -> Result<Entries, Problem> {
        let mut entries = Entries::new();
        while self.next_item(b'}') {
            let at = self.place();
            let key = self.string(at)?.text;
            self.space();
            self.at += 1;
            self.space();
            let node = self.value()?;
            entries.insert(key, Node { at, ..node });
        }
        Ok(entries)
    }

    fn list(&mut self) -> Result<Vec<Node>, Problem> {
        let mut items = Vec::new();
        while self.next_item(b']') {
            items.push(self.value()?);
        }
        Ok(items)
    }

    /// Steps over an opening bracket, a comma or the closing bracket; false after the last.
    fn next_item(&mut self, close: u8) -> bool {
        self.space();
        if self.bytes.get(self.at) != Some(&close) {
            self.at += 1;
            self.space();
        }
        if self.bytes.get(self.at).is_none_or(|byte| *byte == close) {
            self.at += 1;
            return false;
        }
        true
    }

    fn string(&mut self, at: (u32, u32)) -> Result<Scalar, Problem> {
        let start = self.at;
        self.at = end_of_string(self.bytes, start);
        let text: String = serde_json::from_str(&self.source[start..self.at])
            .map_err(|error| Problem::new("json_syntax", error.to_string()).at(at.0, at.1))?;
        if let Some((_, character)) = text::control_character(&text) {
            return Err(control_problem(character).at(at.0, at.1));
        }
        let text = text::with_line_feeds(&text).into_owned();
        Ok(Scalar { text, style: Style::Double, at, span: (start, self.at) })
    }

    fn literal(&mut self, at: (u32, u32)) -> Scalar {
        let start = self.at;
        let rest = &self.bytes[start..];
        let ends = |b: &u8| matches!(b, b',' | b'}' | b']') || b.is_ascii_whitespace();
        self.at += rest.iter().position(ends).unwrap_or(rest.len());
        Scalar {
            text: self.source[start..self.at].to_owned(),
            style: Style::Json,
            at,
            span: (start, self.at),
        }
    }

    fn space(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
    }

    fn place(&mut self) -> (u32, u32) {
        for character in self.source[self.counted..self.at].chars() {
            if character == '\n' {
                (self.line, self.column) = (self.line + 1, 1);
            } else {
                self.column += 1;
            }
        }
        self.counted = self.at;
        (self.line, self.column)
    }
}
