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

/// Words that prompts are made of.
const WORDS: &str = "you are a helpful assistant for customers of an online store answer questions about orders refunds \
     delivery account settings privacy when the user asks something outside this scope explain politely that cannot help and \
     suggest who can always reply in same language use short sentences never invent facts or numbers if information is missing \
     ask one clear question before continuing summarise conversation list open issues with their owner due date priority write \
     output fields title summary tone must remain calm friendly professional do not mention internal tools policies unless \
     required by law check input contains personal data remove it step first read context then decide which category applies \
     finally give reason confidence between zero examples good bad response include reference document section";

/// A text of this length, without anything that JSON would escape. Words come in no order, so that it can be compressed to
/// about two thirds by LZ4, as real prompts of this length can; sentences that repeat would go to a tenth.
pub(super) fn text(number: usize, bytes: usize) -> String {
    let words: Vec<&str> = WORDS.split_ascii_whitespace().collect();
    let mut text = format!("Prompt {number}. Answer {{{{ customer_name }}}} about {{{{ issue }}}}. ");
    // Numbers that are the same in each run (xorshift, Marsaglia 2003).
    let mut state = 0x9E37_79B9_7F4A_7C15_u64 ^ (number as u64 + 1);
    while text.len() < bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let drawn = usize::try_from(state >> 33).unwrap_or_default();
        text.push_str(words[drawn % words.len()]);
        text.push_str(if drawn % 11 == 0 { ". " } else { " " });
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
