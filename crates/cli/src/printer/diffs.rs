//! Comparisons on a terminal and in a pipe.

use std::fmt::Write;

use promptsync_core::{
    diffs::{Diff, Line, LineKind},
    versions::Bump,
};

use super::{Printer, clean_line, clean_text};
use crate::error::Result;

/// Unchanged lines shown around each change.
const CONTEXT: usize = 3;

impl Printer {
    /// Prints comparisons as text.
    pub(crate) fn diffs(&self, diffs: &[Diff]) -> Result {
        for diff in diffs {
            super::raw(&self.diff(diff))?;
        }
        Ok(())
    }

    fn diff(&self, diff: &Diff) -> String {
        let mut text =
            self.styled("1", &format!("--- {}\n+++ {}\n", clean_line(&diff.old), clean_line(&diff.new)));
        for change in &diff.changes {
            let _ = writeln!(text, "  {}: {}", bump_word(change.bump), clean_line(&change.message));
        }
        for field in &diff.fields {
            text.push_str(&self.styled("36", &format!("@@ {} @@", clean_line(&field.path))));
            text.push('\n');
            self.lines(&field.lines, &mut text);
        }
        text
    }

    fn lines(&self, lines: &[Line], text: &mut String) {
        let near_change = |at: usize| {
            let from = at.saturating_sub(CONTEXT);
            lines[from..lines.len().min(at + CONTEXT + 1)].iter().any(|line| line.kind != LineKind::Same)
        };
        let mut skipping = false;
        for (at, line) in lines.iter().enumerate() {
            if !near_change(at) {
                if !skipping {
                    text.push_str("  …\n");
                }
                skipping = true;
                continue;
            }
            skipping = false;
            let (sign, plain, strong) = match line.kind {
                LineKind::Same => (' ', "0", "0"),
                LineKind::Removed => ('-', "31", "31;7"),
                LineKind::Added => ('+', "32", "32;7"),
            };
            text.push_str(&self.styled(plain, &sign.to_string()));
            for piece in &line.pieces {
                let words = clean_text(&piece.text);
                let words = words.trim_end_matches('\n');
                text.push_str(&self.styled(if piece.changed { strong } else { plain }, words));
            }
            text.push('\n');
        }
    }

    /// Text in a style when results are coloured.
    fn styled(&self, style: &str, text: &str) -> String {
        if self.color && style != "0" && !text.is_empty() {
            format!("\u{1b}[{style}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

/// A bump in one word.
pub(crate) fn bump_word(bump: Bump) -> &'static str {
    match bump {
        Bump::None => "none",
        Bump::Patch => "patch",
        Bump::Minor => "minor",
        Bump::Major => "major",
    }
}
