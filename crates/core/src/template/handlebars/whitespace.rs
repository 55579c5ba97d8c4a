//! White space around tags: lines that hold only block tags vanish, and `~` eats what it touches.

use super::tags::{Piece, TagKind};

/// How much of each text to keep, and the indent of each partial that stands alone on its line.
#[derive(Debug, Default)]
pub(super) struct Trim<'s> {
    /// Bytes to drop at the start and at the end of the piece.
    pub(super) cut: Vec<(usize, usize)>,
    /// Indent of the piece, when it is a partial alone on its line.
    pub(super) indent: Vec<&'s str>,
}

/// What is known of the line being read.
#[derive(Default)]
struct Line {
    /// The piece it starts in, and the bytes of that piece before it.
    start: usize,
    before: usize,
    tags: usize,
    partial: Option<usize>,
    /// It holds something that is printed.
    printed: bool,
}

/// Decides what white space goes.
pub(super) fn trim<'s>(pieces: &[Piece<'s>]) -> Trim<'s> {
    let mut trim = Trim { cut: vec![(0, 0); pieces.len()], indent: vec![""; pieces.len()] };
    let mut line = Line::default();
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Text(text) => read_text(pieces, index, text, &mut line, &mut trim),
            Piece::Tag(tag) if tag.kind == TagKind::Print => line.printed = true,
            Piece::Tag(tag) => {
                line.tags += 1;
                if tag.kind == TagKind::Include {
                    line.partial = Some(index);
                }
            }
        }
    }
    if line_vanishes(&line) {
        let end = pieces.len();
        drop_line(pieces, &line, end, 0, &mut trim);
    }
    for (index, piece) in pieces.iter().enumerate() {
        let Piece::Tag(tag) = piece else { continue };
        if tag.trim_before
            && let Some(Piece::Text(text)) = index.checked_sub(1).map(|before| &pieces[before])
        {
            let cut = &mut trim.cut[index - 1];
            cut.1 = cut.1.max(text.len() - text.trim_end().len());
        }
        if tag.trim_after
            && let Some(Piece::Text(text)) = pieces.get(index + 1)
        {
            let cut = &mut trim.cut[index + 1];
            cut.0 = cut.0.max(text.len() - text.trim_start().len());
        }
    }
    trim
}

fn read_text<'s>(pieces: &[Piece<'s>], index: usize, text: &str, line: &mut Line, trim: &mut Trim<'s>) {
    let Some(first) = text.find('\n') else {
        line.printed |= !text.trim().is_empty();
        return;
    };
    line.printed |= !text[..first].trim().is_empty();
    if line_vanishes(line) {
        drop_line(pieces, line, index, first + 1, trim);
    }
    let before = text.rfind('\n').map_or(0, |last| last + 1);
    let printed = !text[before..].trim().is_empty();
    *line = Line { start: index, before, printed, ..Line::default() };
}

fn line_vanishes(line: &Line) -> bool {
    !line.printed && line.tags > 0 && (line.partial.is_none() || line.tags == 1)
}

/// Drops the white space of a line that ends `head` bytes into the piece `end`.
fn drop_line<'s>(pieces: &[Piece<'s>], line: &Line, end: usize, head: usize, trim: &mut Trim<'s>) {
    for (index, piece) in pieces.iter().enumerate().take(end).skip(line.start) {
        if let Piece::Text(text) = piece {
            let before = if index == line.start { line.before } else { 0 };
            trim.cut[index].1 = text.len() - before;
        }
    }
    if head > 0 {
        trim.cut[end].0 = head;
    }
    if let Some(partial) = line.partial
        && let Some(Piece::Text(text)) = partial.checked_sub(1).map(|before| &pieces[before])
    {
        trim.indent[partial] = &text[if partial - 1 == line.start { line.before } else { 0 }..];
    }
}

/// What is left of a text.
pub(super) fn kept(text: &str, (head, tail): (usize, usize)) -> &str {
    text.get(head..text.len() - tail).unwrap_or_default()
}
