//! A comparison as plain text.

use std::fmt::{self, Write as _};

use super::{Diff, FieldDiff, LineKind, hunks};

/// The comparison as people know it from `diff -u`: a head with both labels, the reasons for the bump, and the
/// changed lines of each field.
pub fn unified(diff: &Diff) -> String {
    let mut text = String::new();
    // Writing to a text cannot fail.
    let _ = write(&mut text, diff);
    text
}

fn write(text: &mut String, diff: &Diff) -> fmt::Result {
    writeln!(text, "--- {}", diff.old)?;
    writeln!(text, "+++ {}", diff.new)?;
    if diff.fields.is_empty() && diff.changes.is_empty() {
        return writeln!(text, "no differences");
    }
    for reason in &diff.changes {
        writeln!(text, "{}: {}", reason.bump.as_str(), reason.message)?;
    }
    diff.fields.iter().try_for_each(|field| write_field(text, field))
}

fn write_field(text: &mut String, field: &FieldDiff) -> fmt::Result {
    for hunk in hunks(&field.lines) {
        let lines = &field.lines[hunk];
        let side = |other: LineKind| {
            let count = lines.iter().filter(|line| line.kind != other).count();
            let first = lines.iter().find_map(|line| match other {
                LineKind::Added => line.old_line,
                _ => line.new_line,
            });
            format!("{},{count}", first.unwrap_or(0))
        };
        writeln!(text, "@@ {} -{} +{} @@", field.path, side(LineKind::Added), side(LineKind::Removed))?;
        for line in lines {
            text.push(match line.kind {
                LineKind::Same => ' ',
                LineKind::Removed => '-',
                LineKind::Added => '+',
            });
            line.pieces.iter().for_each(|piece| text.push_str(&piece.text));
            text.push('\n');
        }
    }
    Ok(())
}
