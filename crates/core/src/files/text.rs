//! The rules every file obeys before its form is looked at: size, UTF-8, line ends, control characters.

use std::borrow::Cow;

use crate::{limits::Limits, problem::Problem};

/// The text of a file: UTF-8 without byte order mark, lines ended by LF, no control characters but tab and LF.
pub(super) fn read<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Cow<'a, str>, Problem> {
    if bytes.len() > limits.file_bytes {
        let message = format!("the file has {} bytes; the limit is {}", bytes.len(), limits.file_bytes);
        return Err(Problem::new("file_too_large", message));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))?;
    let text = with_line_feeds(text.strip_prefix('\u{feff}').unwrap_or(text));
    refuse_control_characters(&text)?;
    Ok(text)
}

/// The text with every line ended by LF alone.
pub(super) fn with_line_feeds(text: &str) -> Cow<'_, str> {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n").into() } else { text.into() }
}

/// The first control character that no prompt may hold.
pub(super) fn control_character(text: &str) -> Option<(usize, char)> {
    let found = |b: u8| (b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r')) || b == 0x7f;
    text.bytes().position(found).map(|offset| (offset, char::from(text.as_bytes()[offset])))
}

/// Says that a control character is not allowed.
pub(super) fn control_problem(character: char) -> Problem {
    let message = format!("the control character U+{:04X} is not allowed", u32::from(character));
    Problem::new("control_character", message).hint("remove it; tab and line feed are the only ones allowed")
}

fn not_utf8(bytes: &[u8], offset: usize) -> Problem {
    let problem = Problem::new("not_utf8", format!("the file is not UTF-8: invalid at byte offset {offset}"));
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return problem.hint("it looks like UTF-16; save it as UTF-8");
    }
    let before = &bytes[..offset];
    let line = before.split(|b| *b == b'\n').count();
    let start = before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
    problem.hint("save it as UTF-8").at(to_u32(line), to_u32(column))
}

fn refuse_control_characters(text: &str) -> Result<(), Problem> {
    let Some((offset, character)) = control_character(text) else { return Ok(()) };
    let (line, column) = position(text, offset);
    Err(control_problem(character).at(line, column))
}

/// Line and column, both from 1, of a byte offset.
pub(super) fn position(text: &str, offset: usize) -> (u32, u32) {
    let before = &text[..offset];
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    (to_u32(line), to_u32(before[start..].chars().count() + 1))
}

/// Lines and columns fit: files are far smaller than 4 GiB.
pub(super) fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
