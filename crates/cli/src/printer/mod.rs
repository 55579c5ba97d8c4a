//! What people and programs see: results on stdout, notes and errors on stderr.

mod diffs;
mod facts;
mod prompts;
mod reports;
mod tables;
mod terminal;

use std::io::{IsTerminal, Write};

use serde::Serialize;

use crate::{
    args::{Color, Global},
    error::{CliError, Result},
    settings::Environment,
};

pub(crate) use facts::{actor, count, moment, place};
pub(crate) use tables::Table;
pub(crate) use terminal::{clean_line, clean_text};

/// How this run prints.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, found once at the start")]
pub(crate) struct Printer {
    /// Results and errors as JSON.
    pub(crate) json: bool,
    /// No notes.
    pub(crate) quiet: bool,
    /// More notes.
    pub(crate) verbose: bool,
    /// Whether stdout is a terminal: then tables are aligned and control characters are taken out.
    pub(crate) terminal: bool,
    /// Whether results are coloured.
    pub(crate) color: bool,
    /// Whether notes and errors are coloured.
    pub(crate) error_color: bool,
    /// Whether somebody can be asked: both ends are a terminal.
    pub(crate) can_ask: bool,
}

impl Printer {
    /// Decides by flags, environment and terminal.
    pub(crate) fn new(global: &Global, environment: &Environment) -> Self {
        let terminal = std::io::stdout().is_terminal();
        let error_terminal = std::io::stderr().is_terminal();
        let color = |is_terminal: bool| match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                !environment.no_color
                    && (environment.force_color || (is_terminal && !environment.dumb_terminal))
            }
        };
        Self {
            json: global.json,
            quiet: global.quiet,
            verbose: global.verbose,
            terminal,
            color: color(terminal),
            error_color: color(error_terminal),
            can_ask: !global.json && error_terminal && std::io::stdin().is_terminal(),
        }
    }

    /// Prints one line of a result; on a terminal it loses control characters.
    pub(crate) fn line(&self, text: impl AsRef<str>) -> Result {
        let text = text.as_ref();
        if self.terminal { raw(&format!("{}\n", clean_text(text))) } else { raw(&format!("{text}\n")) }
    }

    /// Prints a text that is the result itself, byte for byte unless it goes to a terminal.
    pub(crate) fn text(&self, text: &str) -> Result {
        if !self.terminal {
            return raw(text);
        }
        let end = if text.ends_with('\n') { "" } else { "\n" };
        raw(&format!("{}{end}", clean_text(text)))
    }

    /// Prints a result for programs.
    pub(crate) fn json<T: Serialize>(&self, value: &T) -> Result {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| CliError::usage("io", format!("cannot print the result as JSON: {error}")))?;
        self.line(text)
    }

    /// Tells the person something beside the result, unless they asked for silence.
    pub(crate) fn note(&self, text: impl AsRef<str>) {
        if !self.quiet && !self.json {
            let _ = writeln!(std::io::stderr(), "{}", text.as_ref());
        }
    }

    /// Tells the person something without which they cannot go on.
    #[expect(clippy::unused_self, reason = "said like the other notes")]
    pub(crate) fn always(&self, text: impl AsRef<str>) {
        let _ = writeln!(std::io::stderr(), "{}", text.as_ref());
    }

    /// Tells the person something only when they asked for more.
    pub(crate) fn detail(&self, text: impl AsRef<str>) {
        if self.verbose {
            self.note(text);
        }
    }

    /// Warns, unless silence was asked for.
    pub(crate) fn warn(&self, text: impl AsRef<str>) {
        if !self.quiet && !self.json {
            let head = if self.error_color { "\u{1b}[33mwarning\u{1b}[0m" } else { "warning" };
            let _ = writeln!(std::io::stderr(), "{head}: {}", text.as_ref());
        }
    }
}

/// Prints a text as it is.
fn raw(text: &str) -> Result {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Asks a question that is answered by y or n. Only when [`Printer::can_ask`].
pub(crate) fn ask(question: &str) -> Result<bool> {
    let mut err = std::io::stderr();
    let _ = write!(err, "{question} [y/N] ");
    let _ = err.flush();
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
