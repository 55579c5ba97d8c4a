//! Secrets that are handed out once and come back: refresh tokens, links, codes of devices.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};

use super::secret::ServerSecret;
use crate::app::Random;

/// What a secret is for. Each kind has its own beginning and its own hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Renews a session.
    Refresh,
    /// Leads into a workspace, or to a new password.
    Link,
}

impl Purpose {
    fn prefix(self) -> &'static str {
        match self {
            Self::Refresh => "psr_",
            Self::Link => "psl_",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Refresh => "refresh_token",
            Self::Link => "one_time_link",
        }
    }
}

/// A new secret of 256 random bits.
pub(crate) fn generate(purpose: Purpose, random: &Random) -> String {
    let mut bytes = [0; 32];
    random(&mut bytes);
    format!("{}{}", purpose.prefix(), BASE64.encode(bytes))
}

/// What is stored of it.
pub(crate) fn hash(purpose: Purpose, secret: &ServerSecret, text: &str) -> [u8; 32] {
    secret.seal(purpose.name(), &[text])
}

/// Whether a text can be one: anything else is not looked up.
pub(crate) fn is_one(purpose: Purpose, text: &str) -> bool {
    text.strip_prefix(purpose.prefix()).is_some_and(|rest| {
        rest.len() == 43 && rest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    })
}
