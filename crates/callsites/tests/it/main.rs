//! What is a call in each language, and what only looks like one.

mod hostile;
mod imports;
mod python;
mod rust;
mod script;

use std::collections::BTreeMap;

use promptsync_callsites::{Call, Language, Skipped, Survey};

/// The calls of an application of one file.
pub(crate) fn read(language: Language, source: &str) -> Result<Vec<Call>, Skipped> {
    let mut survey = Survey::default();
    survey.add("alone", language, source);
    let application = survey.application();
    let texts = application.wants("alone").then(|| ("alone".to_owned(), source.to_owned()));
    application.read(&texts.into_iter().collect()).pop().map_or(Ok(Vec::new()), |(_, calls)| calls)
}

/// The same, of a source that is read.
pub(crate) fn calls(language: Language, source: &str) -> Vec<Call> {
    read(language, source).unwrap_or_default()
}

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
    shown(language, source).iter().map(|line| without_places(line)).collect()
}

/// The calls of an application's files without their places, each with its file.
pub(crate) fn said_among(files: &[(&str, &str)]) -> Vec<String> {
    let mut survey = Survey::default();
    for (path, text) in files {
        survey.add(path, Language::of(path).expect("a language"), text);
    }
    let application = survey.application();
    let wanted = files.iter().filter(|(path, _)| application.wants(path));
    let texts: BTreeMap<_, _> = wanted.map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let mut said = Vec::new();
    for (path, calls) in application.read(&texts) {
        let calls = calls.expect("a source that is read");
        said.extend(calls.iter().map(|call| format!("{path}: {}", without_places(&line(call)))));
    }
    said
}

fn without_places(line: &str) -> String {
    let without = |text: &str| text.split_once(' ').map(|(_, rest)| rest.to_owned()).unwrap_or_default();
    match line.split_once(" -> ") {
        Some((head, filled)) => format!("{} {}", without(head), without(filled)),
        None => without(line),
    }
}
