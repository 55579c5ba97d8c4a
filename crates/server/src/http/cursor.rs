//! Cursors: where a page ended, sealed so that nobody can make one up.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use promptsync_api::error::BAD_CURSOR;

use super::error::ApiError;
use crate::auth::secret::ServerSecret;

/// Bytes of the seal: enough that guessing one is hopeless.
const SEAL: usize = 16;

/// A cursor for the position after which the next page begins. `list` says which list it belongs to, so that it
/// works in no other.
pub(crate) fn seal(secret: &ServerSecret, list: &str, position: &str) -> String {
    let mut bytes = secret.seal("cursor", &[list, position])[..SEAL].to_vec();
    bytes.extend_from_slice(position.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The position in a cursor of this list.
pub(crate) fn open(secret: &ServerSecret, list: &str, cursor: &str) -> Result<String, ApiError> {
    let wrong = || ApiError::new(BAD_CURSOR, "pass `next_cursor` of the page before, unchanged");
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| wrong())?;
    let (seal, position) = bytes.split_at_checked(SEAL).ok_or_else(wrong)?;
    let position = std::str::from_utf8(position).map_err(|_| wrong())?;
    if !secret.matches("cursor", &[list, position], seal) {
        return Err(wrong());
    }
    Ok(position.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_only_unchanged_and_only_in_its_list() {
        let secret = ServerSecret::from_bytes([7; 32]);
        let cursor = seal(&secret, "prompts:01A", "greeting");
        assert_eq!(open(&secret, "prompts:01A", &cursor).ok().as_deref(), Some("greeting"));
        assert!(open(&secret, "prompts:01B", &cursor).is_err());
        assert!(open(&ServerSecret::from_bytes([8; 32]), "prompts:01A", &cursor).is_err());
        for forged in ["", "x", "Z3JlZXRpbmc", &format!("{cursor}A"), &cursor[1..]] {
            assert!(open(&secret, "prompts:01A", forged).is_err(), "{forged}");
        }
    }
}
