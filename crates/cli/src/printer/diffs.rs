//! Comparisons on a terminal and in a pipe.

use std::fmt::Write;

use promptsync_core::diffs::{Diff, Line, LineKind, hunks, unified};

use super::{Printer, clean_line, clean_text};
use crate::error::Result;

impl Printer {
    /// Prints comparisons as text; changed words stand out when results are coloured.
    pub(crate) fn diffs(&self, diffs: &[Diff]) -> Result {
        for diff in diffs {
            if self.color { super::raw(&colored(diff))? } else { self.text(&unified(diff))? }
        }
        Ok(())
    }
}

fn colored(diff: &Diff) -> String {
    let head = format!("--- {}\n+++ {}", clean_line(&diff.old), clean_line(&diff.new));
    let mut text = styled("1", &head) + "\n";
    for change in &diff.changes {
        let _ = writeln!(text, "{}: {}", styled("33", change.bump.as_str()), clean_line(&change.message));
    }
    for field in &diff.fields {
        for hunk in hunks(&field.lines) {
            let _ = writeln!(text, "{}", styled("36", &format!("@@ {} @@", clean_line(&field.path))));
            for line in &field.lines[hunk] {
                text.push_str(&colored_line(line));
            }
        }
    }
    text
}

fn colored_line(line: &Line) -> String {
    let (sign, plain, changed) = match line.kind {
        LineKind::Same => (" ", "0", "0"),
        LineKind::Removed => ("-", "31", "31;7"),
        LineKind::Added => ("+", "32", "32;7"),
    };
    let mut text = styled(plain, sign);
    for piece in &line.pieces {
        let words = clean_text(&piece.text);
        text.push_str(&styled(if piece.changed { changed } else { plain }, words.trim_end_matches('\n')));
    }
    text + "\n"
}

fn styled(style: &str, text: &str) -> String {
    if style == "0" || text.is_empty() { text.to_owned() } else { format!("\u{1b}[{style}m{text}\u{1b}[0m") }
}
