//! Places: from a byte offset in a source to its line and column.

use crate::template::{TemplateError, TemplateFault};

/// Line and column of a byte offset, both from 1, the column in characters.
pub(super) fn of(source: &str, offset: usize) -> (u32, u32) {
    let mut offset = offset.min(source.len());
    while !source.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &source[..offset];
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before[start..].chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

/// Bytes between two marks.
const STEP: usize = 1 << 10;

/// A source in which many places are looked up, each in the time it takes to read a kilobyte.
pub(super) struct Places<'s> {
    source: &'s str,
    /// Offset, line and column of the first character at or after each multiple of [`STEP`].
    marks: Vec<(usize, u32, u32)>,
}

impl<'s> Places<'s> {
    /// Reads a source once.
    pub(super) fn new(source: &'s str) -> Self {
        let mut marks = vec![(0, 1, 1)];
        let (mut at, mut line, mut column) = (0, 1, 1);
        while at + STEP < source.len() {
            let end = source.ceil_char_boundary(marks.len() * STEP);
            (line, column) = advance(&source[at..end], line, column);
            marks.push((end, line, column));
            at = end;
        }
        Self { source, marks }
    }

    /// Line and column of a byte offset.
    pub(super) fn of(&self, offset: usize) -> (u32, u32) {
        let offset = self.source.floor_char_boundary(offset);
        let mark = (offset / STEP).min(self.marks.len() - 1);
        let (at, line, column) = self.marks[mark];
        advance(&self.source[at..offset], line, column)
    }
}

fn advance(text: &str, line: u32, column: u32) -> (u32, u32) {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    match text.rfind('\n') {
        Some(last) => (line + count(text.matches('\n').count()), 1 + count(text[last + 1..].chars().count())),
        None => (line, column + count(text.chars().count())),
    }
}

/// A fault at a byte offset of a source.
pub(super) fn error(fault: TemplateFault, source: &str, offset: usize) -> TemplateError {
    let (line, column) = of(source, offset);
    TemplateError { fault, line: Some(line), column: Some(column), partial: None }
}

/// A syntax error at a byte offset of a source.
pub(super) fn syntax(message: impl Into<String>, source: &str, offset: usize) -> TemplateError {
    error(TemplateFault::Syntax { message: message.into() }, source, offset)
}

#[cfg(test)]
mod tests {
    use super::{Places, of};

    #[test]
    fn marks_do_not_change_a_place() {
        let pieces = ["äß\n", &"𝄞".repeat(400), "\n\n", &"x".repeat(1_021), "é", &"y\n".repeat(700), "end"];
        let source = pieces.concat();
        for source in [source.as_str(), "", "a", &source[..1_024 + 5]] {
            let places = Places::new(source);
            for offset in 0..source.len() + 2 {
                assert_eq!(places.of(offset), of(source, offset), "{offset}");
            }
        }
    }
}
