//! Why a secret could not be read.

use promptsync_outbound::SendError;

/// A secret that could not be read. No variant holds a value, nor what a server answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// There is no such secret.
    #[error("there is no such secret")]
    NotFound,
    /// The backend does not let us read it.
    #[error("the backend does not allow it to be read")]
    Forbidden,
    /// We cannot sign in to the backend.
    #[error("the backend does not accept the credential")]
    Unauthenticated,
    /// The reference needs a key.
    #[error("it has several fields: name one with `#key`")]
    KeyNeeded,
    /// The secret has no field of that name.
    #[error("it has no field `{key}`")]
    NoKey {
        /// The key of the reference.
        key: String,
    },
    /// The secret is too long, or is not text.
    #[error("it {problem}")]
    Form {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The backend cannot be reached, or may not be called.
    #[error("{reason}")]
    Unreachable {
        /// Why, without addresses or values.
        reason: String,
    },
    /// The backend did not answer in time.
    #[error("the backend did not answer in time")]
    TooSlow,
    /// The backend failed.
    #[error("the backend answered with status {status}")]
    Status {
        /// Its HTTP status.
        status: u16,
    },
    /// The backend answered with something we do not understand.
    #[error("the backend's answer cannot be read")]
    Answer,
    /// The process has no credentials for the backend.
    #[error("there are no credentials for the backend")]
    NoCredentials,
}

impl ReadError {
    /// The stable code of every failure to read a secret.
    pub const CODE: &'static str = "secret_unavailable";
}

impl From<SendError> for ReadError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::TooSlow { .. } => Self::TooSlow,
            other => Self::Unreachable { reason: other.to_string() },
        }
    }
}
