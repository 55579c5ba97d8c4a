//! Everything that can go wrong, in the one form that is printed.

use promptsync_core::{bundle::BundleError, problem::Problem, signing::SigningError};

use crate::Exit;

/// What every command returns.
pub(crate) type Result<T = ()> = std::result::Result<T, CliError>;

/// A failure: what kind, a stable code, the words, and what to do about it.
#[derive(Debug)]
pub(crate) struct CliError {
    /// The kind; it decides the exit code.
    pub(crate) kind: Kind,
    /// A stable code, for programs.
    pub(crate) code: String,
    /// What is wrong, as one sentence.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hints: Vec<String>,
    /// Every single problem, with its place.
    pub(crate) problems: Vec<Located>,
}

/// What kind of failure; one exit code each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A check failed, a difference was found, or a change was refused.
    Check,
    /// The command line, the configuration or a local file cannot be used.
    Usage,
    /// What was named does not exist.
    NotFound,
    /// The server wants a key, or a better one.
    Auth,
    /// The network or the server failed.
    Server,
    /// Nobody reads our output any more; not worth a word.
    BrokenPipe,
}

/// A problem and the text it points into, when that is at hand.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Located {
    /// The problem.
    pub(crate) problem: Problem,
    /// The whole text of the file.
    pub(crate) source: Option<String>,
}

impl CliError {
    /// A failure without hints.
    pub(crate) fn new(kind: Kind, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, code: code.into(), message: message.into(), hints: Vec::new(), problems: Vec::new() }
    }

    /// The command line or the configuration cannot be used.
    pub(crate) fn usage(code: &str, message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, code, message)
    }

    /// What was named does not exist.
    pub(crate) fn not_found(code: &str, message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, code, message)
    }

    /// A file or folder of this machine cannot be read or written.
    pub(crate) fn file(action: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        let kind = if error.kind() == std::io::ErrorKind::NotFound { Kind::NotFound } else { Kind::Usage };
        Self::new(kind, "io", format!("cannot {action} {}: {error}", path.display()))
    }

    /// The same failure with advice.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same failure with every single problem.
    #[must_use]
    pub(crate) fn problems(mut self, problems: Vec<Located>) -> Self {
        self.problems = problems;
        self
    }

    /// The exit code.
    pub(crate) fn exit_code(&self) -> Exit {
        Exit::from(match self.kind {
            Kind::BrokenPipe => 0,
            Kind::Check => 1,
            Kind::Usage => 2,
            Kind::NotFound => 3,
            Kind::Auth => 4,
            Kind::Server => 5,
        })
    }
}

impl Kind {
    /// The kind's name in JSON.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Usage => "usage",
            Self::NotFound => "not_found",
            Self::Auth => "auth",
            Self::Server => "server",
            Self::BrokenPipe => "broken_pipe",
        }
    }
}

impl From<Problem> for Located {
    fn from(problem: Problem) -> Self {
        Self { problem, source: None }
    }
}

impl From<std::io::Error> for CliError {
    /// For writes to standard output; files go through [`CliError::file`].
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::new(Kind::BrokenPipe, "broken_pipe", "broken pipe"),
            _ => Self::usage("io", format!("cannot write the output: {error}")),
        }
    }
}

impl From<SigningError> for CliError {
    fn from(error: SigningError) -> Self {
        Self::check(Problem::from(&error))
    }
}

impl From<BundleError> for CliError {
    fn from(error: BundleError) -> Self {
        Self::check(Problem::from(&error))
    }
}

impl CliError {
    fn check(problem: Problem) -> Self {
        let mut failure = Self::new(Kind::Check, problem.code, problem.message);
        failure.hints.extend(problem.hint);
        failure
    }
}
