//! Where the texts of a prompt stand in their file, so that a fault in a template is shown where it was written.

use super::{
    PromptDraft,
    text::to_u32,
    tree::{Scalar, Style},
};

/// Where a field stands in its file. Lines and columns count from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The line of the field's first character; for a block after `|`, the first line of its text.
    pub line: u32,
    /// The column of the first character of each line.
    pub column: u32,
    /// The place of each line of the text, where it cannot be computed: texts with escapes, folded texts.
    pub lines: Option<Box<[(u32, u32)]>>,
}

impl Place {
    /// A field whose lines stand below each other.
    pub fn new(line: u32, column: u32) -> Self {
        Self { line, column, lines: None }
    }
}

/// The line and column in the file of a line and column in a field's text: `messages[1].content`, `content`,
/// `partials.footer`.
///
/// A field that the file does not write out is placed where the one around it stands, else at the file's start. A
/// draft without places was not read from a file: line and column stay. Columns after an escape (`\"`) on the same
/// line are too small by the length of the escape.
pub fn place_in_file(draft: &PromptDraft, path: &str, line: u32, column: u32) -> (u32, u32) {
    if draft.places.is_empty() {
        return (line, column);
    }
    let (line, column) = (line.max(1), column.max(1));
    let Some(place) = draft.places.get(path).or_else(|| draft.places.get(&format!("{path}.content"))) else {
        return around(draft, path);
    };
    match &place.lines {
        Some(lines) => {
            let index = (line as usize - 1).min(lines.len().saturating_sub(1));
            let (found, start) = lines.get(index).copied().unwrap_or((place.line, place.column));
            (found, start.saturating_add(column - 1))
        }
        None => (place.line.saturating_add(line - 1), place.column.saturating_add(column - 1)),
    }
}

/// Where the nearest field stands that holds another.
fn around(draft: &PromptDraft, path: &str) -> (u32, u32) {
    let mut path = path;
    while let Some(end) = path.rfind(['.', '[']) {
        path = &path[..end];
        if let Some(place) = draft.places.get(path) {
            return (place.line, place.column);
        }
    }
    (1, 1)
}

/// Finds where each line of a scalar's text stands. `source` is the whole YAML or JSON text, `shift` the lines of
/// the file before it.
pub(super) fn of_scalar(scalar: &Scalar, source: &str, shift: u32) -> Place {
    let (line, column) = scalar.at;
    let written = source.get(scalar.span.0..scalar.span.1).unwrap_or_default();
    let mut place = match scalar.style {
        Style::Literal | Style::Folded => of_block(scalar, source),
        Style::Plain | Style::Json => of_flow(scalar, written, line, column),
        Style::Single | Style::Double => {
            of_flow(scalar, written.get(1..).unwrap_or_default(), line, column + 1)
        }
    };
    place.line += shift;
    for (line, _) in place.lines.iter_mut().flatten() {
        *line += shift;
    }
    place
}

/// A block after `|` or `>`, indented alike on each line. The parser gives the place of its first line that is not
/// empty; the empty ones above are line feeds at the start of the text.
fn of_block(scalar: &Scalar, source: &str) -> Place {
    let (line, column) = scalar.at;
    let above = scalar.text.len() - scalar.text.trim_start_matches('\n').len();
    let first = line.saturating_sub(to_u32(above)).max(1);
    if scalar.style == Style::Literal {
        return Place::new(first, column);
    }
    let mut lines: Vec<_> = (first..line).map(|line| (line, column)).collect();
    let block = source.get(scalar.span.0..scalar.span.1).unwrap_or_default();
    folded_lines(&scalar.text[above..], block, scalar.at, &mut lines);
    Place { line: first, column, lines: Some(lines.into()) }
}

/// Matches the lines of a folded text with the source lines they were folded from.
fn folded_lines(text: &str, block: &str, (first, column): (u32, u32), places: &mut Vec<(u32, u32)>) {
    let mut source = block.lines().map(str::trim_start).enumerate().peekable();
    let mut last = first;
    for line in text.split('\n') {
        while !line.is_empty() && source.next_if(|(_, written)| written.is_empty()).is_some() {}
        last = source.peek().map_or(last, |(number, _)| first + to_u32(*number));
        places.push((last, column));
        let mut covered = 0;
        while covered < line.trim_start().len() {
            let Some((_, written)) = source.next() else { break };
            covered += written.len() + 1;
        }
    }
}

/// A plain or quoted text: one line in most files, else walked to find where each line of the text starts.
fn of_flow(scalar: &Scalar, written: &str, line: u32, column: u32) -> Place {
    if !scalar.text.contains('\n') {
        return Place::new(line, column);
    }
    let mut starts = vec![(line, column)];
    let (mut at, mut characters) = ((line, column), written.chars().peekable());
    while let Some(character) = characters.next() {
        match character {
            '\\' if scalar.style == Style::Double => {
                let escaped = characters.next();
                at.1 += 2;
                match escaped {
                    Some('n') => starts.push(at),
                    Some('r') if !followed_by_line_feed(&characters) => starts.push(at),
                    Some('\n') => at = (at.0 + 1, 1),
                    _ => {}
                }
            }
            '\n' => {
                // One line break folds to a space; each further one is a line of the text.
                at = (at.0 + 1, 1);
                while characters.next_if(|c| matches!(c, ' ' | '\t' | '\n')).is_some_and(|c| {
                    at = if c == '\n' { (at.0 + 1, 1) } else { (at.0, at.1 + 1) };
                    if c == '\n' {
                        starts.push(at);
                    }
                    true
                }) {}
                if let Some(last) = starts.last_mut().filter(|last| last.0 == at.0) {
                    *last = at;
                }
            }
            _ => at.1 += 1,
        }
    }
    Place { line, column, lines: Some(starts.into()) }
}

fn followed_by_line_feed(rest: &(impl Iterator<Item = char> + Clone)) -> bool {
    let mut rest = rest.clone();
    rest.next() == Some('\\') && rest.next() == Some('n')
}
