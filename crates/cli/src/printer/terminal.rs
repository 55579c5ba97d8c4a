//! Texts of strangers on a terminal: no control characters, no reordering.

/// A text for one line or one cell: no control characters at all.
pub(crate) fn clean_line(text: &str) -> String {
    text.chars().filter(|c| !is_dangerous(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A text of several lines: line ends and tabs stay, other control characters go.
pub(crate) fn clean_text(text: &str) -> String {
    text.chars().filter(|c| matches!(c, '\n' | '\t') || (!c.is_control() && !is_dangerous(*c))).collect()
}

/// Escape, other controls that move the cursor, and characters that reorder what stands around them.
fn is_dangerous(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t' | '\r'))
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_do_not_survive() {
        for hostile in
            ["\u{1b}[2J", "\u{1b}]8;;http://x\u{7}", "\u{1b}]52;c;eA==\u{7}", "\u{9b}2J", "\u{202e}"]
        {
            for cleaned in [clean_line(hostile), clean_text(hostile)] {
                assert!(cleaned.chars().all(|c| c.is_ascii_graphic()), "{cleaned:?}");
            }
        }
        assert_eq!(clean_text("a\n\tb\r\n"), "a\n\tb\n");
        assert_eq!(clean_line("a\n\tb"), "a  b");
    }
}
