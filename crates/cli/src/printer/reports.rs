//! Errors and warnings, with the lines they are about.

use std::{
    fmt::{self, Write as _},
    io::Write as _,
};

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode, SourceSpan,
};
use promptsync_core::problem::Problem;
use serde::Serialize;

use super::{Printer, clean_line, clean_text};
use crate::error::{CliError, Kind, Located};

impl Printer {
    /// Prints a failure on stderr: every problem with its place, then what it means for the command.
    pub(crate) fn error(&self, error: &CliError) {
        if error.kind == Kind::BrokenPipe {
            return;
        }
        let text = if self.json { as_json(error) } else { self.as_text(error) };
        let _ = std::io::stderr().write_all(text.as_bytes());
    }

    /// Prints advice that came with a result.
    pub(crate) fn warnings(&self, warnings: &[Problem]) {
        for warning in warnings {
            let hint = warning.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
            self.warn(clean_line(&format!("{}{}{hint}", place(warning), warning.message)));
        }
    }

    fn as_text(&self, error: &CliError) -> String {
        let theme =
            if self.error_color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler =
            GraphicalReportHandler::new_themed(theme).with_width(100).with_links(false).with_context_lines(1);
        let mut text = String::new();
        for located in &error.problems {
            let _ = handler.render_report(&mut text, &Report::new(located));
        }
        let head = if self.error_color { "\u{1b}[31;1merror\u{1b}[0m" } else { "error" };
        let _ = writeln!(text, "{head}: {}", clean_text(&error.message));
        for hint in &error.hints {
            let _ = writeln!(text, "  hint: {}", clean_text(hint));
        }
        text
    }
}

/// `file:line:column: ` as far as known.
pub(crate) fn place(problem: &Problem) -> String {
    let mut place = problem.file.clone().unwrap_or_default();
    if let (false, Some(line)) = (place.is_empty(), problem.line) {
        place = format!("{place}:{line}:{}", problem.column.unwrap_or(1));
    }
    match (&problem.path, place.is_empty()) {
        (Some(path), true) => format!("{path}: "),
        (_, false) => format!("{place}: "),
        (None, true) => String::new(),
    }
}

fn as_json(error: &CliError) -> String {
    #[derive(Serialize)]
    struct Body<'a> {
        kind: &'static str,
        code: &'a str,
        message: &'a str,
        hints: &'a [String],
        problems: Vec<&'a Problem>,
    }
    let body = Body {
        kind: error.kind.as_str(),
        code: &error.code,
        message: &error.message,
        hints: &error.hints,
        problems: error.problems.iter().map(|located| &located.problem).collect(),
    };
    // Other control characters are escaped in JSON already.
    clean_text(&format!("{:#}\n", serde_json::json!({ "error": body })))
}

/// A problem as miette prints it.
#[derive(Debug)]
struct Report {
    problem: Problem,
    source: Option<NamedSource<String>>,
    span: Option<SourceSpan>,
}

impl Report {
    fn new(located: &Located) -> Self {
        let problem = located.problem.clone();
        let span = located
            .source
            .as_deref()
            .and_then(|text| Some(span(text, problem.line?, problem.column.unwrap_or(1))));
        let source = span.and(located.source.as_ref()).map(|text| {
            let shown = text
                .chars()
                .map(|c| if c.is_control() && !matches!(c, '\n' | '\t' | '\r') { ' ' } else { c });
            NamedSource::new(
                clean_line(problem.file.as_deref().unwrap_or_default()),
                shown.collect::<String>(),
            )
        });
        Self { problem, source, span }
    }
}

/// The byte at this line and column. Control characters of several bytes are rare enough to be one off.
fn span(text: &str, line: u32, column: u32) -> SourceSpan {
    let mut start = 0;
    for piece in text.split_inclusive('\n').take(line.saturating_sub(1) as usize) {
        start += piece.len();
    }
    let rest = text[start..].split('\n').next().unwrap_or_default();
    let mut letters = rest.char_indices().skip(column.saturating_sub(1) as usize);
    match letters.next() {
        Some((offset, letter)) => (start + offset, letter.len_utf8()).into(),
        None => (start + rest.len(), 0).into(),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.source.is_some() { String::new() } else { place(&self.problem) };
        f.write_str(&clean_text(&format!("{place}{}", self.problem.message)))
    }
}

impl std::error::Error for Report {}

impl Diagnostic for Report {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(clean_line(&self.problem.code)))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.problem.hint.as_ref().map(|hint| Box::new(clean_text(hint)) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = Some(self.problem.path.as_deref().map_or_else(|| "here".to_owned(), clean_line));
        self.span.map(|span| {
            Box::new(std::iter::once(LabeledSpan::new_with_span(label, span)))
                as Box<dyn Iterator<Item = LabeledSpan>>
        })
    }
}
