//! Password hashes: argon2id, away from the threads that serve connections, and only a few at a time.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use promptsync_api::error::UNAVAILABLE;
use subtle::ConstantTimeEq as _;
use tokio::sync::Semaphore;

use crate::{
    app::{App, Random},
    http::error::ApiError,
};

/// The second set of parameters that RFC 9106 recommends: 64 MiB, three passes, four lanes.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 4;
/// Bytes of salt and hash.
const SALT: usize = 16;
const HASH: usize = 32;
/// The largest parameters a stored hash may ask for.
const MOST_MEMORY_KIB: u32 = 1024 * 1024;
const MOST_PASSES: u32 = 16;
/// Hashes at one moment: each takes a processor and 64 MiB.
const AT_ONCE: usize = 2;
/// Hashes that may wait for their turn. Beyond it people are asked to come back: a queue would only grow.
const WAITING: usize = 64;

/// The hash of no password: what is checked when nobody has the given address, so that it takes the same time.
const NOBODY: &str =
    "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The gate that hashing goes through.
#[derive(Debug)]
pub(crate) struct Passwords {
    places: Arc<Semaphore>,
    inside: AtomicUsize,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)), inside: AtomicUsize::new(0) }
    }
}

impl Passwords {
    /// The text to store for a new password.
    pub(crate) async fn hash(&self, password: &str, random: &Random) -> Result<String, ApiError> {
        let mut salt = [0; SALT];
        random(&mut salt);
        let password = password.to_owned();
        self.guarded(move || {
            let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH))?;
            let hash = derive(&password, &salt, params)?;
            let (salt, hash) = (BASE64.encode(salt), BASE64.encode(hash));
            Ok(format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}"))
        })
        .await?
        .map_err(|error: argon2::Error| ApiError::internal(error.to_string()))
    }

    /// Whether this is the password of a stored text. Without one it takes as long, and is not.
    pub(crate) async fn matches(&self, password: &str, stored: Option<&str>) -> Result<bool, ApiError> {
        let (password, known) = (password.to_owned(), stored.is_some());
        let stored = stored.unwrap_or(NOBODY).to_owned();
        let right = self.guarded(move || {
            let Some((params, salt, expected)) = read(&stored) else { return false };
            derive(&password, &salt, params).is_ok_and(|hash| bool::from(hash[..].ct_eq(&expected)))
        });
        Ok(right.await? && known)
    }

    async fn guarded<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let _inside = Inside::enter(&self.inside)?;
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(ApiError::internal)?;
        // The place goes with the work: a caller who hangs up must not make room for another hash.
        App::blocking(move || {
            let done = work();
            drop(place);
            done
        })
        .await
    }
}

/// A place in the queue, given back when it is dropped.
struct Inside<'a>(&'a AtomicUsize);

impl<'a> Inside<'a> {
    fn enter(count: &'a AtomicUsize) -> Result<Self, ApiError> {
        let place = Self(count);
        if count.fetch_add(1, Ordering::Relaxed) >= AT_ONCE + WAITING {
            return Err(ApiError::new(UNAVAILABLE, "too many people sign in at this moment").retry_after(5));
        }
        Ok(place)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn derive(password: &str, salt: &[u8], params: Params) -> Result<[u8; HASH], argon2::Error> {
    let mut hash = [0; HASH];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(
        password.as_bytes(),
        salt,
        &mut hash,
    )?;
    Ok(hash)
}

/// Takes a stored text apart: parameters, salt, hash.
fn read(stored: &str) -> Option<(Params, Vec<u8>, Vec<u8>)> {
    let mut parts = stored.strip_prefix("$argon2id$v=19$")?.split('$');
    let (parameters, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
    let mut numbers = parameters
        .split(',')
        .zip(["m=", "t=", "p="])
        .map(|(text, name)| text.strip_prefix(name).and_then(|number| number.parse::<u32>().ok()));
    let (memory, passes, lanes) = (numbers.next()??, numbers.next()??, numbers.next()??);
    if parts.next().is_some() || memory > MOST_MEMORY_KIB || passes > MOST_PASSES {
        return None;
    }
    let params = Params::new(memory, passes, lanes, Some(HASH)).ok()?;
    Some((params, BASE64.decode(salt).ok()?, BASE64.decode(hash).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zeros(buffer: &mut [u8]) {
        buffer.fill(7);
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_and_no_other() {
        let passwords = Passwords::default();
        let stored = passwords.hash("correct horse", &zeros).await.expect("a hash");
        assert!(stored.starts_with("$argon2id$v=19$m=65536,t=3,p=4$BwcHBwcHBwcHBwcHBwcHBw$"), "{stored}");
        assert!(passwords.matches("correct horse", Some(&stored)).await.expect("an answer"));
        for (password, stored) in [
            ("correct horsf", Some(stored.as_str())),
            ("", None),
            ("correct horse", None),
            ("x", Some("")),
            ("correct horse", Some("$argon2id$v=19$m=4294967295,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAA")),
        ] {
            assert!(!passwords.matches(password, stored).await.expect("an answer"), "{password} {stored:?}");
        }
    }

    #[test]
    fn the_hash_is_the_one_other_programs_compute() {
        // argon2-cffi 25.1: hash_secret_raw(b"correct horse", b"0123456789abcdef", 3, 65536, 4, 32, Type.ID)
        let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH)).expect("good parameters");
        let hash = derive("correct horse", b"0123456789abcdef", params).expect("a hash");
        assert_eq!(BASE64.encode(hash), "L1b1NjppUoj/KIEORq1pof4waLxklM0mqKZzt9nCsKI");
    }

    #[tokio::test]
    async fn a_crowd_is_sent_away_and_the_places_come_back() {
        let count = AtomicUsize::new(AT_ONCE + WAITING - 1);
        let last = Inside::enter(&count).expect("one place is left");
        assert!(Inside::enter(&count).is_err());
        drop(last);
        assert_eq!(count.load(Ordering::Relaxed), AT_ONCE + WAITING - 1);
    }
}
