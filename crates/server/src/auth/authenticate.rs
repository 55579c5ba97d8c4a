//! From the headers of a request to its caller.

use std::{net::IpAddr, sync::Arc, time::Duration};

use hyper::{HeaderMap, header::AUTHORIZATION};
use promptsync_api::error::{RATE_LIMITED, UNAUTHENTICATED};
use promptsync_core::time::Timestamp;
use promptsync_store::{StoreError, keys};

use super::{
    Caller, FRESH, Identity, KnownKey, ShownKey,
    key::{ApiKey, PREFIX},
};
use crate::{
    app::App,
    http::{error::ApiError, fields::Fields, query},
};

/// How long a key that is known is checked, before reading goes on without.
const CHECK: Duration = Duration::from_millis(250);

/// How old a copy may be whose keys open anything, in hours.
const OLDEST_COPY: i64 = 24;

/// How sure it has to be who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Certainty {
    /// The database said so within a second.
    Now,
    /// The database said so lately, when it does not answer now. Enough for reading.
    Lately,
}

impl App {
    /// Finds the caller of a request. Every wrong key gets the same answer, whatever is wrong with it.
    pub(crate) async fn authenticate(
        &self,
        headers: &HeaderMap,
        query: &str,
        peer: Option<IpAddr>,
        certainty: Certainty,
    ) -> Result<Caller, ApiError> {
        query::refuse_keys(query)?;
        self.caller_of(headers, peer, FRESH, certainty).await
    }

    /// Finds the caller of a request that goes on, once more; what is known of its key is no older than `fresh`.
    pub(crate) async fn authenticate_again(
        &self,
        headers: &HeaderMap,
        fresh: Duration,
    ) -> Result<Caller, ApiError> {
        self.caller_of(headers, None, fresh, Certainty::Lately).await
    }

    async fn caller_of(
        &self,
        headers: &HeaderMap,
        peer: Option<IpAddr>,
        fresh: Duration,
        certainty: Certainty,
    ) -> Result<Caller, ApiError> {
        let Some(text) = bearer(headers) else {
            return Err(ApiError::new(UNAUTHENTICATED, "this needs an API key or a session")
                .hint("send it as Authorization: Bearer …; `promptsync login` signs a person in, `promptsync keys create` makes a key"));
        };
        let wrong = || self.not_authenticated(peer);
        if !text.starts_with(PREFIX) {
            return self.signed_in(text, peer).await;
        }
        let given = ApiKey::parse(text).ok_or_else(wrong)?;
        let known = self.known(&given, peer, fresh, certainty).await?;
        let now = self.clock.now();
        // A key that does not exist is compared too, so that it takes the same time.
        let opens = self.opens(&given, known.as_deref(), now);
        let known = known.filter(|_| opens).ok_or_else(wrong)?;
        self.key_uses.note(&known.key, now);
        Ok(Caller::with_key(&known))
    }

    /// The key of a request, when it was read a moment ago. Nothing is said about any other. What was `shown` on the same
    /// connection before is not hashed again.
    pub(crate) fn at_hand(
        &self,
        fields: &(impl Fields + ?Sized),
        now: Timestamp,
        shown: &mut Option<ShownKey>,
    ) -> Option<Arc<KnownKey>> {
        let text = bearer(fields)?;
        if let Some(before) = shown.as_ref().filter(|before| before.is(text)) {
            let known = self.keys.younger(&before.lookup, FRESH)?;
            if *known.key.secret_hash == *before.hash {
                return self.used(known, now);
            }
        }
        let given = ApiKey::parse(text)?;
        let known = self.keys.younger(given.lookup(), FRESH)?;
        if self.secret.matches("api_key", &[given.secret()], &known.key.secret_hash) {
            *shown = Some(ShownKey::new(text, &known));
        } else if !self.opens(&given, Some(&known), now) {
            return None;
        }
        self.used(known, now)
    }

    /// Notes the use of a key that was shown, when it is in force.
    fn used(&self, known: Arc<KnownKey>, now: Timestamp) -> Option<Arc<KnownKey>> {
        if !is_in_force(&known, now) {
            return None;
        }
        self.key_uses.note(&known.key, now);
        Some(known)
    }

    fn opens(&self, given: &ApiKey, known: Option<&KnownKey>, now: Timestamp) -> bool {
        let hash = known.map_or(&[0; 32][..], |known| &known.key.secret_hash);
        let mut matches = self.secret.matches("api_key", &[given.secret()], hash);
        let previous = known.and_then(|known| known.key.previous.as_ref());
        if let Some((hash, _)) = previous.filter(|(_, until)| *until > now) {
            matches |= self.secret.matches("api_key", &[given.secret()], hash);
        }
        matches && known.is_some_and(|known| is_in_force(known, now))
    }

    /// The key's row: from memory, else from the database; for reading also from memory as it was lately, and from the
    /// last-good copy.
    async fn known(
        &self,
        given: &ApiKey,
        peer: Option<IpAddr>,
        fresh: Duration,
        certainty: Certainty,
    ) -> Result<Option<Arc<KnownKey>>, ApiError> {
        if let Some(key) = self.keys.younger(given.lookup(), fresh) {
            return Ok(Some(key));
        }
        let last_good = self.keys.last_good(given.lookup()).filter(|_| certainty == Certainty::Lately);
        if let (None, Some(seconds)) = (&last_good, peer.and_then(|address| self.tries.blocked(address))) {
            return Err(rate_limited(seconds));
        }
        let Some(last_good) = last_good else {
            return match self.read_key(given).await {
                Err(StoreError::Unavailable(_)) if certainty == Certainty::Lately => {
                    self.key_of_copy(given).await
                }
                found => Ok(self.keep(found?)),
            };
        };
        if self.db.reach().is_away() || self.keys.is_in_vain() {
            return Ok(Some(last_good));
        }
        match tokio::time::timeout(CHECK, self.read_key(given)).await {
            Ok(Err(StoreError::Unavailable(_))) => Ok(Some(last_good)),
            Ok(found) => Ok(self.keep(found?)),
            Err(_) => {
                self.keys.checked_in_vain();
                self.db.reach().doubt();
                Ok(Some(last_good))
            }
        }
    }

    fn keep(&self, found: Option<keys::Key>) -> Option<Arc<KnownKey>> {
        let known = Arc::new(KnownKey::from(found?));
        self.keys.keep(&known);
        Some(known)
    }

    /// The key as the last-good copy has it, unless that is too old to be believed. A key that is not in it may exist.
    async fn key_of_copy(&self, given: &ApiKey) -> Result<Option<Arc<KnownKey>>, ApiError> {
        let standby = self.standby().ok_or_else(StoreError::away)?;
        let mut tx = standby.db.begin_system_read().await?;
        let key = keys::by_prefix(&mut tx, given.lookup()).await?.ok_or_else(StoreError::away)?;
        let confirmed = standby.confirmed_at(&key.workspace);
        let is_young = |at: Timestamp| (self.clock.now() - at).num_hours() < OLDEST_COPY;
        if !confirmed.is_some_and(is_young) {
            return Err(StoreError::away().into());
        }
        let known = Arc::new(KnownKey::from(key));
        self.keys.keep_unconfirmed(&known);
        Ok(Some(known))
    }

    async fn read_key(&self, given: &ApiKey) -> Result<Option<keys::Key>, StoreError> {
        let mut tx = self.db.begin_system_read().await?;
        keys::by_prefix(&mut tx, given.lookup()).await
    }

    /// The answer to a wrong key or token, until too many came from there.
    pub(crate) fn not_authenticated(&self, peer: Option<IpAddr>) -> ApiError {
        if let Some(address) = peer {
            if let Some(seconds) = self.tries.blocked(address) {
                return rate_limited(seconds);
            }
            self.tries.note(address);
        }
        unauthenticated()
    }
}

impl Caller {
    fn with_key(known: &KnownKey) -> Self {
        let key = &known.key;
        Self {
            identity: Identity::Key(key.id.clone()),
            name: key.name.clone(),
            principal: Arc::clone(&known.principal),
            workspace: key.workspace.clone(),
            project: key.project().cloned().zip(key.project_name.clone()),
            role: Some(key.role_name.clone()),
            operator: false,
            key_by: key.created_by.clone(),
        }
    }
}

fn unauthenticated() -> ApiError {
    ApiError::new(UNAUTHENTICATED, "this key or token is not valid: it is mistyped, revoked or expired")
}

fn rate_limited(seconds: u64) -> ApiError {
    ApiError::new(RATE_LIMITED, "too many wrong keys came from this address").retry_after(seconds)
}

fn is_in_force(KnownKey { key, .. }: &KnownKey, now: Timestamp) -> bool {
    key.revoked_at.is_none()
        && key.expires_at.is_none_or(|at| at > now)
        && key.not_before.is_none_or(|at| at <= now)
}

/// The one key in the one Authorization header.
pub(crate) fn bearer(fields: &(impl Fields + ?Sized)) -> Option<&str> {
    let (scheme, key) = fields.only(&AUTHORIZATION)?.split_once(' ')?;
    let well_formed = scheme.eq_ignore_ascii_case("bearer") && !key.trim().is_empty();
    well_formed.then_some(key)
}
