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

/// A fault at a byte offset of a source.
pub(super) fn error(fault: TemplateFault, source: &str, offset: usize) -> TemplateError {
    let (line, column) = of(source, offset);
    TemplateError { fault, line: Some(line), column: Some(column), partial: None }
}

/// A syntax error at a byte offset of a source.
pub(super) fn syntax(message: impl Into<String>, source: &str, offset: usize) -> TemplateError {
    error(TemplateFault::Syntax { message: message.into() }, source, offset)
}
