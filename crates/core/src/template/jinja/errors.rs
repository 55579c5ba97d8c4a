//! From the engine's errors to ours: a place in the right source, and never a value in the text.

use std::error::Error as _;

use minijinja::{Error, ErrorKind};

use super::{link::Sources, place, scan};
use crate::{
    limits::Limits,
    template::{TemplateError, TemplateFault},
    values::Values,
    variables::VariableUse,
};

/// Names that other Jinja hosts provide and code that probes a host tries: without a value they are undefined,
/// not missing.
const PROBED: &[&str] = &["config", "request", "session", "g"];

/// An error of the parser.
pub(super) fn syntax(error: &Error, source: &str) -> TemplateError {
    let offset = error.range().map_or(0, |range| range.start);
    if let Some(tag) = opened_before(source, offset)
        && scan::looks_like_handlebars(&source[tag..])
    {
        let fault = TemplateFault::WrongEngine { looks_like: "Handlebars", engine: "jinja" };
        return place::error(fault, source, tag);
    }
    place::syntax(error.detail().unwrap_or("this cannot be read"), source, offset)
}

/// The `{{` that an offset lies in.
fn opened_before(source: &str, offset: usize) -> Option<usize> {
    let mut end = (offset + 2).min(source.len());
    while !source.is_char_boundary(end) {
        end -= 1;
    }
    let brace = source[..end].rfind("{{")?;
    Some(if source[..brace].ends_with('{') { brace - 1 } else { brace })
}

/// An error of a render.
pub(super) fn render(
    error: &Error,
    sources: &Sources,
    uses: &[VariableUse],
    values: &Values<'_>,
    limits: &Limits,
) -> TemplateError {
    let range = error.range();
    let (partial, source, offset) = sources.find(range.as_ref().map_or(0, |range| range.start));
    let text = range.and_then(|range| {
        let length = range.end.saturating_sub(range.start);
        source.get(offset..offset + length)
    });
    let fault = fault(error, text.unwrap_or(""), uses, values, limits);
    let offset = match &fault {
        TemplateFault::MissingVariable { path, .. } => name_before(source, offset, path),
        _ => offset,
    };
    let (line, column) = place::of(source, offset);
    let known = error.line().is_some();
    TemplateError {
        fault,
        line: known.then_some(line),
        column: known.then_some(column),
        partial: partial.map(str::to_owned),
    }
}

/// Where a name that an operation failed on stands: at the operation, or before it in the same tag.
fn name_before(source: &str, offset: usize, path: &str) -> usize {
    let name = path.split(['.', '[']).next().unwrap_or(path);
    let before = source.get(..offset).unwrap_or_default();
    let tag = before.rfind("{{").max(before.rfind("{%")).unwrap_or(0);
    if source.get(offset..).is_some_and(|rest| rest.starts_with(name)) {
        return offset;
    }
    before[tag..].rfind(name).map_or(offset, |at| tag + at)
}

fn fault(
    error: &Error,
    text: &str,
    uses: &[VariableUse],
    values: &Values<'_>,
    limits: &Limits,
) -> TemplateFault {
    if let Some(fault) = ours(error) {
        return fault;
    }
    let detail = error.detail().unwrap_or_default();
    if detail.ends_with("is undefined)")
        || detail.contains("` is undefined")
        || error.kind() == ErrorKind::UndefinedError
    {
        return undefined(detail, text, uses, values);
    }
    match error.kind() {
        ErrorKind::OutOfFuel => TemplateFault::RenderLimit { limit: limits.fuel, unit: "steps" },
        ErrorKind::WriteFailure => {
            TemplateFault::RenderLimit { limit: limits.output_bytes as u64, unit: "bytes of output" }
        }
        ErrorKind::UnknownMethod => {
            let name = detail.rsplit(' ').next().unwrap_or_default().to_owned();
            TemplateFault::Unavailable { what: "method", name, nearest: None }
        }
        _ if detail == "recursion limit exceeded" => TemplateFault::Recursion { limit: limits.recursion },
        _ if detail.starts_with("unable to calculate") => TemplateFault::Operation {
            message: "the calculation has no result: a division by zero, or too large".into(),
        },
        kind if detail.is_empty() => TemplateFault::Operation { message: kind.to_string() },
        _ => TemplateFault::Operation { message: detail.to_owned() },
    }
}

/// The fault that one of our guards raised.
fn ours(error: &Error) -> Option<TemplateFault> {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(fault) = inner.downcast_ref::<TemplateFault>() {
            return Some(fault.clone());
        }
        source = inner.source();
    }
    None
}

fn undefined(detail: &str, text: &str, uses: &[VariableUse], values: &Values<'_>) -> TemplateFault {
    let path = quoted(detail).unwrap_or(text);
    let root: String = path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let read = uses.iter().find(|one| one.name == root);
    if read.is_none() || values.get(&root).is_some() || PROBED.contains(&root.as_str()) {
        let message =
            if path.is_empty() { "something is undefined".into() } else { format!("`{path}` is undefined") };
        return TemplateFault::Undefined { message };
    }
    let names = values.names();
    TemplateFault::MissingVariable { path: path.to_owned(), nearest: super::nearest(&root, names) }
}

fn quoted(detail: &str) -> Option<&str> {
    let (_, rest) = detail.split_once('`')?;
    rest.split_once('`').map(|(name, _)| name)
}
