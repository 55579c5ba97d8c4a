//! Why a request gave no result.

use promptsync_api::error::ErrorBody;

/// Why a request gave no result. Never carries the key.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The address of the server cannot be used.
    #[error("`{url}` is not the address of a server: {reason}")]
    BadUrl {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The key holds characters a header cannot carry.
    #[error("the API key holds characters that no key has")]
    BadKey,
    /// No connection, or it broke.
    #[error("the server at {url} cannot be reached: {reason}")]
    Unreachable {
        /// The server.
        url: String,
        /// Why, in the words of the network.
        reason: String,
    },
    /// The server did not answer in time.
    #[error("the server at {url} did not answer in time")]
    Timeout {
        /// The server.
        url: String,
    },
    /// The server refused, and said why.
    #[error("{}", if body.detail.is_empty() { &body.title } else { &body.detail })]
    Refused {
        /// What it said.
        body: Box<ErrorBody>,
    },
    /// The answer is longer than any honest one.
    #[error("the answer of the server at {url} is longer than {limit} bytes")]
    TooLarge {
        /// The server.
        url: String,
        /// Bytes that are read at most.
        limit: usize,
    },
    /// The answer is not one of PromptSync.
    #[error(
        "the server at {url} answered with status {status}, and not as a PromptSync server does: {reason}"
    )]
    Unreadable {
        /// The server.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What cannot be read.
        reason: String,
    },
}

impl ClientError {
    /// The HTTP status, when there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { body } => Some(body.status),
            Self::Unreadable { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The server's code, when it gave one.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { body } => Some(&body.code),
            _ => None,
        }
    }
}
