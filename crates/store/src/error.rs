//! What can go wrong between the store and its database.

use std::{io, sync::Arc};

use promptsync_core::{audit::Revision, seal::SealError};
use sqlx::migrate::MigrateError;

/// The result of a store function.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A unique rule refused the row. Each insert has one such rule: the caller knows which.
    #[error("a row with this key exists")]
    Unique(#[source] sqlx::Error),
    /// The object is not at the revision the caller expected.
    #[error("the object changed since it was read")]
    Stale {
        /// Its revision now; none when it does not exist.
        current: Option<Revision>,
    },
    /// Something that a change refers to does not exist.
    #[error("the {what} does not exist")]
    NotFound {
        /// What is missing.
        what: &'static str,
    },
    /// A row holds something that cannot have been written by this program.
    #[error("row {row} of {table} holds an impossible value in {column}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key.
        row: String,
    },
    /// A sealed value does not open where it stands.
    #[error("row {row} of {table} holds a value in {column} that does not open")]
    Sealed {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key.
        row: String,
        /// Why.
        #[source]
        source: SealError,
    },
    /// The key that a value was sealed under is gone.
    #[error("version {version} of the data key of workspace {workspace} does not exist")]
    NoDataKey {
        /// The workspace.
        workspace: String,
        /// The key's version.
        version: u32,
    },
    /// The database is sealed under a master key that was not given.
    #[error("the database is sealed under the master key {needed}; given: {given}")]
    UnknownMasterKey {
        /// The id of the key that is needed.
        needed: String,
        /// The ids of the keys that were given.
        given: String,
    },
    /// Something is to be sealed, and there is no master key.
    #[error("there is no master key to seal with")]
    NoMasterKey,
    /// A cursor that this store did not give.
    #[error("the cursor is not one of this list")]
    BadCursor,
    /// A text with a NUL character, which PostgreSQL cannot hold.
    #[error("the text holds a NUL character")]
    NulCharacter,
    /// Two transactions waited for each other and this one was chosen to give way; it may be tried again.
    #[error("another change was made at the same moment")]
    Conflict(#[source] sqlx::Error),
    /// A version, a document, a release or an entry of a log was about to be changed.
    #[error("what was published or logged never changes")]
    Immutable(#[source] sqlx::Error),
    /// One transaction tried to write into two workspaces.
    #[error("the transaction belongs to another workspace")]
    OtherWorkspace,
    /// The database does not answer, or cannot serve now.
    #[error("the database is not available")]
    Unavailable(#[source] sqlx::Error),
    /// The disk is full.
    #[error("the database has no space left")]
    Full(#[source] sqlx::Error),
    /// A setting under which acknowledged changes could be lost.
    #[error("the database runs with {setting} = {value}: acknowledged changes could be lost in a power cut")]
    NotDurable {
        /// The setting.
        setting: &'static str,
        /// Its value.
        value: String,
    },
    /// The tables could not be brought to this program's form.
    #[error("the database's tables could not be prepared")]
    Migrate(#[source] MigrateError),
    /// Anything else the database said.
    #[error("the database refused a statement")]
    Other(#[source] sqlx::Error),
}

impl StoreError {
    /// What is said without asking a database that is known not to answer.
    pub fn away() -> Self {
        Self::Unavailable(sqlx::Error::PoolTimedOut)
    }

    /// What each of several is told when one thing failed for all of them.
    pub(crate) fn shared(failure: &Arc<sqlx::Error>) -> Self {
        Class::of(failure).told_by(sqlx::Error::Io(io::Error::other(Arc::clone(failure))))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Class::of(&error).told_by(error)
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) => match Self::from(error) {
                Self::Other(error) => Self::Migrate(MigrateError::Execute(error)),
                known => known,
            },
            other => Self::Migrate(other),
        }
    }
}

enum Class {
    Unique,
    Conflict,
    Full,
    Immutable,
    NulCharacter,
    Unavailable,
    Other,
}

impl Class {
    fn of(error: &sqlx::Error) -> Self {
        use sqlx::Error as E;
        match error {
            E::Io(_) | E::Tls(_) | E::Protocol(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed => {
                Self::Unavailable
            }
            E::Database(told) if told.is_unique_violation() => Self::Unique,
            E::Database(told) => classify(&told.code().unwrap_or_default()),
            _ => Self::Other,
        }
    }

    fn told_by(self, error: sqlx::Error) -> StoreError {
        match self {
            Self::Unique => StoreError::Unique(error),
            Self::Conflict => StoreError::Conflict(error),
            Self::Full => StoreError::Full(error),
            Self::Immutable => StoreError::Immutable(error),
            Self::NulCharacter => StoreError::NulCharacter,
            Self::Unavailable => StoreError::Unavailable(error),
            Self::Other => StoreError::Other(error),
        }
    }
}

/// Sorts the codes of both databases: five characters are an SQLSTATE, anything else an SQLite result code.
fn classify(code: &str) -> Class {
    if code.len() == 5 {
        return match code {
            "40001" | "40P01" => Class::Conflict,
            "53100" => Class::Full,
            "23001" => Class::Immutable,
            "22021" | "22P05" => Class::NulCharacter,
            "53200" | "53300" | "53400" | "57P01" | "57P02" | "57P03" | "25006" => Class::Unavailable,
            _ if code.starts_with("08") || code.starts_with("58") => Class::Unavailable,
            _ => Class::Other,
        };
    }
    match code.parse::<u32>() {
        Ok(1811) => Class::Immutable,
        // The low byte is the primary code: BUSY, LOCKED, READONLY, IOERR, CANTOPEN; FULL.
        Ok(code) if matches!(code & 0xff, 5 | 6 | 8 | 10 | 14) => Class::Unavailable,
        Ok(code) if code & 0xff == 13 => Class::Full,
        _ => Class::Other,
    }
}

/// Names a refused duplicate where the insert is called.
pub trait OnUnique<T> {
    /// Turns a violated unique rule into the caller's error. The transaction cannot go on after it.
    fn on_unique<E: From<StoreError>>(self, duplicate: impl FnOnce() -> E) -> Result<T, E>;
}

impl<T> OnUnique<T> for Result<T> {
    fn on_unique<E: From<StoreError>>(self, duplicate: impl FnOnce() -> E) -> Result<T, E> {
        self.map_err(|error| match error {
            StoreError::Unique(_) => duplicate(),
            other => other.into(),
        })
    }
}
