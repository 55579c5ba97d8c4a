//! What the rules and the store refuse, as answers.

use promptsync_api::error::{
    self, BAD_CURSOR, CONFLICT, CONTROL_CHARACTER, STALE, STORAGE_FULL, UNAVAILABLE,
};
use promptsync_core::{
    login::Refusal, names::NameError, problem::Problem, references::ReferenceError, resolve::ResolveError,
    splits::AllocateError,
};
use promptsync_store::StoreError;

use crate::http::error::ApiError;

impl From<StoreError> for ApiError {
    fn from(failure: StoreError) -> Self {
        match failure {
            StoreError::Unavailable(_) => Self::caused(UNAVAILABLE, failure).retry_after(1),
            StoreError::Full(_) => Self::caused(STORAGE_FULL, failure),
            StoreError::Conflict(_) | StoreError::Unique(_) => {
                Self::new(CONFLICT, "somebody else changed the same thing at this moment").hint("try again")
            }
            StoreError::Stale { current } => match current {
                Some(revision) => Self::new(STALE, format!("it is at revision {revision} now")),
                None => Self::new(STALE, "it does not exist"),
            },
            StoreError::BadCursor => {
                Self::new(BAD_CURSOR, "pass `next_cursor` of the page before, unchanged")
            }
            StoreError::NulCharacter => Self::new(CONTROL_CHARACTER, failure.to_string()),
            other => Self::internal(other),
        }
    }
}

impl From<NameError> for ApiError {
    fn from(refused: NameError) -> Self {
        Self::new(error::NAME, refused.to_string())
    }
}

impl From<ReferenceError> for ApiError {
    fn from(refused: ReferenceError) -> Self {
        Self::new(error::find(refused.code()), Problem::from(&refused).message)
            .hint("a version is named by its number (`1.2.0`, `v1`, `^1.2`), `latest`, an alias, `sha256:…` or `git:…`")
    }
}

impl From<ResolveError> for ApiError {
    fn from(refused: ResolveError) -> Self {
        Self::of(Problem::from(&refused))
    }
}

impl From<AllocateError> for ApiError {
    fn from(refused: AllocateError) -> Self {
        Self::of(Problem::from(&refused))
    }
}

impl From<Refusal> for ApiError {
    fn from(refused: Refusal) -> Self {
        let row = match refused {
            Refusal::ProofOff(_) => error::SIGN_IN_OFF,
            Refusal::SetUpDone => error::SET_UP_DONE,
            Refusal::WrongCredentials => error::WRONG_CREDENTIALS,
            Refusal::BadCode => error::BAD_CODE,
            Refusal::CodeExpired(_) => error::CODE_EXPIRED,
            Refusal::NotInvited => error::NOT_INVITED,
            Refusal::Inactive => error::USER_INACTIVE,
            Refusal::NotAMember(_) => error::NOT_A_MEMBER,
            Refusal::SessionEnded => error::SESSION_ENDED,
            Refusal::Pending => error::AUTHORIZATION_PENDING,
            Refusal::Denied => error::ACCESS_DENIED,
        };
        Self::new(row, refused.to_string())
    }
}
