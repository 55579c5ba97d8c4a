//! What is known of the provider: its addresses and its keys, kept for an hour.

use std::sync::Arc;

use chrono::TimeDelta;
use promptsync_core::{oidc::Metadata, time::Timestamp};
use tokio::sync::Mutex;

use super::{
    OidcError,
    fetch::{Fetch, FetchError},
    jwk::{self, Published},
    token::Unverified,
};

/// How long what is known is used without asking again.
const LIFE: TimeDelta = TimeDelta::hours(1);
/// A token with an unknown key makes us ask again, but a stranger with many such tokens only once in this time.
const PAUSE: TimeDelta = TimeDelta::minutes(1);
/// While nothing is known yet, everybody who wants to sign in waits for the answer: a provider that is down is not asked
/// once for each of them.
const REST: TimeDelta = TimeDelta::seconds(5);

const DISCOVERY: &str = "the discovery document";
const KEYS: &str = "the key set";

/// What is known. One caller asks, the others wait for the answer.
#[derive(Debug, Default)]
pub(super) struct Known {
    metadata: Mutex<Kept<Metadata>>,
    keys: Mutex<Kept<Vec<Published>>>,
}

#[derive(Debug)]
struct Kept<T> {
    /// What was said last, and when.
    value: Option<(Arc<T>, Timestamp)>,
    /// When it was last asked for, in vain or not.
    asked: Option<Timestamp>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { value: None, asked: None }
    }
}

impl Known {
    /// Where the provider is reached. When it does not answer, what it said before is used.
    pub(super) async fn metadata(
        &self,
        issuer: &str,
        fetch: &Fetch,
        now: Timestamp,
    ) -> Result<Arc<Metadata>, OidcError> {
        let mut kept = self.metadata.lock().await;
        if let Some(value) = kept.usable(DISCOVERY, now, |_| true)? {
            return Ok(value);
        }
        match fetch.object(DISCOVERY, &Metadata::location(issuer), None).await {
            Ok(document) => Ok(kept.keep(Metadata::read(issuer, &document)?, now)),
            Err(failure) => kept.last_good(failure),
        }
    }

    /// The keys one of which may have signed a token.
    pub(super) async fn keys_for(
        &self,
        token: &Unverified<'_>,
        url: &str,
        fetch: &Fetch,
        now: Timestamp,
    ) -> Result<Arc<Vec<Published>>, OidcError> {
        let mut kept = self.keys.lock().await;
        if let Some(value) = kept.usable(KEYS, now, |keys| token.is_signed_by_one_of(keys))? {
            return Ok(value);
        }
        match fetch.object(KEYS, url, None).await {
            Ok(set) => Ok(kept.keep(jwk::read(&set).ok_or(FetchError::Form { what: KEYS })?, now)),
            Err(failure) => kept.last_good(failure),
        }
    }
}

impl<T> Kept<T> {
    /// What is used without asking: something that is fresh and enough, or whatever there is shortly after asking.
    /// Nothing means that the caller asks now.
    fn usable(
        &mut self,
        what: &'static str,
        now: Timestamp,
        enough: impl FnOnce(&T) -> bool,
    ) -> Result<Option<Arc<T>>, FetchError> {
        let within = |since: Timestamp, time| (since..since + time).contains(&now);
        let asked = self.asked;
        match &self.value {
            Some((value, at)) if within(*at, LIFE) && enough(value) => return Ok(Some(Arc::clone(value))),
            Some((value, _)) if asked.is_some_and(|asked| within(asked, PAUSE)) => {
                return Ok(Some(Arc::clone(value)));
            }
            None if asked.is_some_and(|asked| within(asked, REST)) => {
                return Err(FetchError::Resting { what });
            }
            _ => {}
        }
        self.asked = Some(now);
        Ok(None)
    }

    fn keep(&mut self, value: T, now: Timestamp) -> Arc<T> {
        let value = Arc::new(value);
        self.value = Some((Arc::clone(&value), now));
        value
    }

    fn last_good(&self, failure: FetchError) -> Result<Arc<T>, OidcError> {
        self.value.as_ref().map(|(value, _)| Arc::clone(value)).ok_or_else(|| failure.into())
    }
}
