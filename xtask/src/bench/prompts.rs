//! The prompts that are measured with.

use std::{fmt::Write as _, ops::Range};

/// The length of a prompt's text.
pub(super) const BYTES: usize = 2_000;

/// Prompts that differ, with a few variables each, as the body of a push that moves the alias `production`.
pub(super) fn push_body(numbers: Range<usize>) -> String {
    let mut body = String::from("{\"alias\":\"production\",\"files\":[");
    let first = numbers.start;
    for number in numbers {
        if number > first {
            body.push(',');
        }
        let (name, text) = (name(number), text(number, BYTES));
        let _ = write!(body, "{{\"path\":\"{name}.txt\",\"content\":\"{text}\"}}");
    }
    body.push_str("]}");
    body
}

/// The name of one of them; the load generators know it.
pub(super) fn name(number: usize) -> String {
    format!("prompt_{number:07}")
}

/// A text of this length, without anything that JSON would escape.
pub(super) fn text(number: usize, bytes: usize) -> String {
    let mut text = format!("Prompt {number}. Answer {{{{ customer_name }}}} about {{{{ issue }}}}. ");
    let mut line = 0;
    while text.len() < bytes {
        let _ =
            write!(text, "Rule {line} of prompt {number}: say what happens next, by when, and who does it. ");
        line += 1;
    }
    text.truncate(bytes);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_have_the_size_and_differ() {
        assert_eq!(text(1, BYTES).len(), BYTES);
        assert_ne!(text(1, BYTES), text(2, BYTES));
        assert!(!text(1, BYTES).contains(['"', '\\', '\n']));
    }
}
