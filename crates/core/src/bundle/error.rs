//! Why a bundle is not used.

use crate::{digest::Digest, problem::Problem, signing::SigningError};

/// Why a bundle is not used. Nothing of it is believed then.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// It is larger than a bundle may be.
    #[error("the bundle has more than {limit} {unit}")]
    TooLarge {
        /// The limit.
        limit: usize,
        /// `bytes`, `bytes in one line`, `snapshots` or `documents`.
        unit: &'static str,
    },
    /// It ends early.
    #[error("the bundle ends before line {line}")]
    Truncated {
        /// The first line that is missing.
        line: usize,
    },
    /// A line is not what stands there in a bundle.
    #[error("line {line} of the bundle is {found}, expected {expected}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What should be there.
        expected: &'static str,
        /// What is there, without its text.
        found: String,
    },
    /// It was written by a newer program.
    #[error("the bundle is of the form {version}; this program reads {known}")]
    Version {
        /// Its form.
        version: u32,
        /// The form that is known.
        known: u32,
    },
    /// There is more in it than it says.
    #[error("the bundle goes on at line {line}, after its end")]
    Extra {
        /// The first line too many.
        line: usize,
    },
    /// A document that a snapshot names is missing.
    #[error("the bundle lacks the document {digest}")]
    DocumentMissing {
        /// Its digest.
        digest: Digest,
    },
    /// No snapshot names this document.
    #[error("the bundle holds the document {digest}, which none of its snapshots names")]
    DocumentUnknown {
        /// Its digest.
        digest: Digest,
    },
    /// A signature or a digest does not hold.
    #[error("{error}")]
    Untrue {
        /// What does not hold.
        #[from]
        error: SigningError,
    },
}

impl BundleError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "bundle_too_large",
            Self::Truncated { .. } => "bundle_truncated",
            Self::Line { .. } | Self::Version { .. } => "bundle_format",
            Self::Extra { .. } => "bundle_extra",
            Self::DocumentMissing { .. } => "bundle_document_missing",
            Self::DocumentUnknown { .. } => "bundle_document_unknown",
            Self::Untrue { error } => error.code(),
        }
    }
}

impl From<&BundleError> for Problem {
    fn from(error: &BundleError) -> Self {
        match error {
            BundleError::Untrue { error } => Self::from(error),
            BundleError::Version { .. } => {
                Self::new(error.code(), error.to_string()).hint("use a newer promptsync")
            }
            _ => Self::new(error.code(), error.to_string()),
        }
    }
}
