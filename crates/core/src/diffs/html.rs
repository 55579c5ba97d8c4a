//! A comparison as one self-contained page.

use std::fmt::{self, Write as _};

use super::{Diff, FieldDiff, Line, LineKind, hunks};

const HEAD: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Prompt diff</title>
<style>
:root { --page: #ffffff; --text: #1c2024; --soft: #60646c; --line: #d9dce1; --removed: #ffe9e9; --removed-word: #ffc0c0;
  --added: #e4f7e9; --added-word: #a6e3b8; --major: #b42318; --minor: #7a5a00; --patch: #1f6f43; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14161a; --text: #e6e8eb; --soft: #9aa0a8; --line: #33383f; --removed: #3a1d20; --removed-word: #7a2c33;
    --added: #16311f; --added-word: #23663a; --major: #ff8f86; --minor: #f0c75e; --patch: #7bd39b; }
}
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.2rem; margin: 1.5rem 0 .25rem; overflow-wrap: anywhere; }
h2 { font: 600 .9rem/1.5 ui-monospace, monospace; margin: 1.25rem 0 .25rem; overflow-wrap: anywhere; }
ul { margin: .25rem 0; padding-left: 1.25rem; }
.bump { font-weight: 600; }
.major { color: var(--major); } .minor { color: var(--minor); } .patch { color: var(--patch); } .none { color: var(--soft); }
table { width: 100%; border: 1px solid var(--line); border-radius: 6px; border-spacing: 0; overflow: hidden;
  font: 13px/1.5 ui-monospace, monospace; }
td { padding: 0 .5rem; vertical-align: top; white-space: pre-wrap; overflow-wrap: anywhere; }
td.n { width: 1%; min-width: 2.5ch; text-align: right; color: var(--soft); white-space: nowrap; user-select: none; }
tr.removed { background: var(--removed); } tr.added { background: var(--added); }
tr.gap td { color: var(--soft); text-align: center; border-block: 1px solid var(--line); }
del, ins { text-decoration: none; border-radius: 3px; }
del { background: var(--removed-word); } ins { background: var(--added-word); }
</style>
</head>
<body>
"#;

/// The comparisons as an HTML page without scripts or outside references; every text is escaped.
pub fn html(diffs: &[Diff]) -> String {
    let mut page = HEAD.to_owned();
    // Writing to a text cannot fail.
    let _ = diffs.iter().try_for_each(|diff| comparison(&mut page, diff));
    if diffs.is_empty() {
        page.push_str("<p>Nothing was compared.</p>\n");
    }
    page.push_str("</body>\n</html>\n");
    page
}

fn comparison(page: &mut String, diff: &Diff) -> fmt::Result {
    writeln!(page, "<h1>{} → {}</h1>", Escaped(&diff.old), Escaped(&diff.new))?;
    let bump = diff.bump.as_str();
    if diff.fields.is_empty() && diff.changes.is_empty() {
        return writeln!(page, "<p class=\"none\">No differences.</p>");
    }
    writeln!(page, "<p>Smallest honest bump: <span class=\"bump {bump}\">{bump}</span></p>\n<ul>")?;
    for reason in &diff.changes {
        let bump = reason.bump.as_str();
        writeln!(page, "<li><span class=\"{bump}\">{bump}</span>: {}</li>", Escaped(&reason.message))?;
    }
    page.push_str("</ul>\n");
    diff.fields.iter().try_for_each(|field| table(page, field))
}

fn table(page: &mut String, field: &FieldDiff) -> fmt::Result {
    writeln!(page, "<h2>{}</h2>\n<table>", Escaped(&field.path))?;
    let mut shown = 0;
    for hunk in hunks(&field.lines) {
        gap(page, hunk.start - shown)?;
        shown = hunk.end;
        field.lines[hunk].iter().try_for_each(|line| row(page, line))?;
    }
    gap(page, field.lines.len() - shown)?;
    page.push_str("</table>\n");
    Ok(())
}

fn gap(page: &mut String, lines: usize) -> fmt::Result {
    match lines {
        0 => Ok(()),
        1 => writeln!(page, "<tr class=\"gap\"><td colspan=\"4\">1 unchanged line</td></tr>"),
        _ => writeln!(page, "<tr class=\"gap\"><td colspan=\"4\">{lines} unchanged lines</td></tr>"),
    }
}

fn row(page: &mut String, line: &Line) -> fmt::Result {
    let (class, sign, mark) = match line.kind {
        LineKind::Same => ("same", ' ', None),
        LineKind::Removed => ("removed", '-', Some("del")),
        LineKind::Added => ("added", '+', Some("ins")),
    };
    let number = |number: Option<u32>| number.map_or_else(String::new, |number| number.to_string());
    write!(
        page,
        "<tr class=\"{class}\"><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{sign}</td><td>",
        number(line.old_line),
        number(line.new_line),
    )?;
    // A line that is new or gone as a whole has no words to point out.
    let has_words = line.pieces.iter().any(|piece| !piece.changed);
    for piece in &line.pieces {
        match mark.filter(|_| has_words && piece.changed) {
            Some(mark) => write!(page, "<{mark}>{}</{mark}>", Escaped(&piece.text))?,
            None => write!(page, "{}", Escaped(&piece.text))?,
        }
    }
    page.push_str("</td></tr>\n");
    Ok(())
}

/// A text between tags.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
            f.write_str(&rest[..at])?;
            f.write_str(match rest.as_bytes()[at] {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                _ => "&#39;",
            })?;
            rest = &rest[at + 1..];
        }
        f.write_str(rest)
    }
}
