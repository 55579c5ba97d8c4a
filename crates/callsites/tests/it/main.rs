//! What is a call in each language, and what only looks like one.

mod hostile;
mod python;
mod rust;
mod script;

use promptsync_callsites::{Call, Language, calls};

/// The calls of a source, one a line: where, prompt and reference, then where it is filled and with what.
pub(crate) fn shown(language: Language, source: &str) -> Vec<String> {
    calls(language, source).iter().map(line).collect()
}

fn line(call: &Call) -> String {
    let reference = call.reference.as_ref().map(|reference| format!("@{reference}")).unwrap_or_default();
    let head = format!("{}:{} {}{reference}", call.at.line, call.at.column, call.prompt);
    let Some(filled) = &call.filled else { return head };
    let mut names: Vec<&str> = filled.variables.iter().map(|variable| variable.name.as_str()).collect();
    if filled.open {
        names.push("…");
    }
    format!("{head} -> {}:{} ({})", filled.at.line, filled.at.column, names.join(", "))
}

/// The calls without their places.
pub(crate) fn said(language: Language, source: &str) -> Vec<String> {
    let without_place =
        |text: &str| text.split_once(' ').map(|(_, rest)| rest.to_owned()).unwrap_or_default();
    let calls = shown(language, source);
    calls
        .iter()
        .map(|line| match line.split_once(" -> ") {
            Some((head, filled)) => format!("{} {}", without_place(head), without_place(filled)),
            None => without_place(line),
        })
        .collect()
}
