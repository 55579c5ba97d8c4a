//! Why the SDK gives no prompt.

use std::{sync::Arc, time::Duration};

use promptsync_core::{
    bundle::BundleError, problem::Problem, references::ReferenceError, resolve::ResolveError,
    signing::SigningError,
};

use crate::ClientError;

/// Why the SDK gives no prompt. Each has a stable code; an attack has the code of its kind.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SdkError {
    /// A setting cannot be used.
    #[error("the SDK cannot be used so: {reason}")]
    Setting {
        /// What is wrong with it.
        reason: String,
    },
    /// The name of a prompt or the reference of a version cannot be one.
    #[error("{}", problem.message)]
    Name {
        /// What is wrong with it.
        problem: Box<Problem>,
    },
    /// There is no such prompt or version.
    #[error("{0}")]
    NotFound(Box<ResolveError>),
    /// The time that the caller gave was over before anything was there.
    #[error("nothing was there within {waited:?}")]
    Deadline {
        /// How long the caller wanted to wait.
        waited: Duration,
    },
    /// Nothing is held, and the server gave nothing.
    #[error("nothing is held, and the server gave nothing: {cause}")]
    Unavailable {
        /// What kept it away.
        cause: Box<SdkError>,
    },
    /// The server refused, cannot be reached, or does not answer as it should.
    #[error("{0}")]
    Server(Box<ClientError>),
    /// What the server or a file says is not what the workspace signed.
    #[error("{0}")]
    Untrue(Box<SigningError>),
    /// The bundle cannot be used.
    #[error("{0}")]
    Bundle(Box<BundleError>),
    /// A published prompt cannot be used by this version of the SDK.
    #[error("the prompt cannot be used: {}", problems.first().map_or("", |problem| problem.message.as_str()))]
    Unusable {
        /// Everything that is wrong with it.
        problems: Arc<[Problem]>,
    },
    /// A file or folder cannot be read.
    #[error("{what} cannot be read: {reason}")]
    File {
        /// Which.
        what: String,
        /// Why.
        reason: String,
    },
    /// It was closed, or the program ends.
    #[error("the SDK was closed")]
    Closed,
}

impl SdkError {
    /// The stable code.
    pub fn code(&self) -> &str {
        match self {
            Self::Setting { .. } => "setting",
            Self::Name { problem } => &problem.code,
            Self::NotFound(error) => error.code(),
            Self::Deadline { .. } => "deadline",
            Self::Unavailable { .. } => "unavailable",
            Self::Server(error) => match &**error {
                ClientError::Refused { body } => &body.code,
                ClientError::BadUrl { .. } => "bad_url",
                ClientError::BadKey => "bad_key",
                ClientError::Unreachable { .. } => "unreachable",
                ClientError::Timeout { .. } => "timeout",
                ClientError::TooLarge { .. } => "answer_too_large",
                ClientError::Unreadable { .. } => "unreadable",
            },
            Self::Untrue(error) => error.code(),
            Self::Bundle(error) => error.code(),
            Self::Unusable { problems } => {
                problems.first().map_or("invalid", |problem| problem.code.as_str())
            }
            Self::File { .. } => "io",
            Self::Closed => "closed",
        }
    }

    /// What to do about it, when that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Name { problem } => problem.hint.clone(),
            Self::NotFound(error) => Problem::from(&**error).hint,
            Self::Unavailable { cause } => cause.hint(),
            Self::Server(error) => match &**error {
                ClientError::Refused { body } => body.hint.clone(),
                _ => None,
            },
            Self::Untrue(error) => Problem::from(&**error).hint,
            _ => None,
        }
    }

    /// Whether asking again soon gives the same answer: the server knows the name and has nothing under it.
    pub(super) fn is_not_found(&self) -> bool {
        match self {
            Self::NotFound(_) => true,
            Self::Server(error) => error.status() == Some(404),
            _ => false,
        }
    }

    pub(super) fn file(what: impl Into<String>, error: &std::io::Error) -> Self {
        Self::File { what: what.into(), reason: error.to_string() }
    }

    pub(super) fn setting(reason: impl Into<String>) -> Self {
        Self::Setting { reason: reason.into() }
    }
}

impl From<ClientError> for SdkError {
    fn from(error: ClientError) -> Self {
        Self::Server(Box::new(error))
    }
}

impl From<SigningError> for SdkError {
    fn from(error: SigningError) -> Self {
        Self::Untrue(Box::new(error))
    }
}

impl From<BundleError> for SdkError {
    fn from(error: BundleError) -> Self {
        match error {
            BundleError::Untrue { error } => error.into(),
            error => Self::Bundle(Box::new(error)),
        }
    }
}

impl From<ResolveError> for SdkError {
    fn from(error: ResolveError) -> Self {
        Self::NotFound(Box::new(error))
    }
}

impl From<ReferenceError> for SdkError {
    fn from(error: ReferenceError) -> Self {
        Self::Name { problem: Box::new(Problem::from(&error)) }
    }
}
