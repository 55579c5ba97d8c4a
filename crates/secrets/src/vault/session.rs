//! Signing in to a Vault, keeping the token alive, and signing in again when it is not.

use std::time::Duration;

use chrono::TimeDelta;
use promptsync_core::{secrets::SecretValue, time::Timestamp};

use super::{Vault, VaultAuth, wire};
use crate::ReadError;

/// A token and how long it lasts.
pub(super) struct Session {
    token: SecretValue,
    /// From when on it should be renewed; never for one that does not end.
    renew_at: Option<Timestamp>,
    /// When it ends.
    ends_at: Option<Timestamp>,
    renewable: bool,
}

/// What a Vault says about a token.
pub(super) struct Lease {
    pub(super) token: SecretValue,
    /// Zero for a token that does not end.
    pub(super) lasts: Duration,
    pub(super) renewable: bool,
}

impl Session {
    fn new(lease: Lease, now: Timestamp) -> Self {
        let after = |part: Duration| now.checked_add_signed(TimeDelta::from_std(part).ok()?);
        let ends = !lease.lasts.is_zero();
        Self {
            renew_at: ends.then(|| after(lease.lasts * 2 / 3)).flatten(),
            ends_at: ends.then(|| after(lease.lasts)).flatten(),
            renewable: lease.renewable,
            token: lease.token,
        }
    }

    fn is_young(&self, now: Timestamp) -> bool {
        self.renew_at.is_none_or(|at| now < at)
    }

    fn has_ended(&self, now: Timestamp) -> bool {
        self.ends_at.is_some_and(|at| now >= at)
    }
}

impl Vault {
    /// A token that works now: the one we have, renewed when it is getting old, or a new one.
    pub(super) async fn token(&self) -> Result<SecretValue, ReadError> {
        let mut session = self.session.lock().await;
        let now = self.clock.now();
        if let Some(open) = session.as_ref().filter(|open| open.is_young(now)) {
            return Ok(open.token.clone());
        }
        if let Some(old) = session.take() {
            if old.renewable
                && !old.has_ended(now)
                && let Ok(lease) = wire::renew(self, &old.token).await
            {
                let renewed = Session::new(lease, now);
                let token = renewed.token.clone();
                *session = Some(renewed);
                return Ok(token);
            }
            // It could not be renewed, and still works: what is left of it is used up.
            if !old.has_ended(now) && self.settings.auth == VaultAuth::Token {
                let token = old.token.clone();
                *session = Some(old);
                return Ok(token);
            }
        }
        let opened = Session::new(self.sign_in().await?, now);
        let token = opened.token.clone();
        *session = Some(opened);
        Ok(token)
    }

    /// A new token in place of one that was refused. Of several callers whose token was refused, one signs in.
    pub(super) async fn sign_in_again(&self, refused: &SecretValue) -> Result<SecretValue, ReadError> {
        let mut session = self.session.lock().await;
        if let Some(open) = session.as_ref().filter(|open| open.token.expose() != refused.expose()) {
            return Ok(open.token.clone());
        }
        *session = None;
        let opened = Session::new(self.sign_in().await?, self.clock.now());
        let token = opened.token.clone();
        *session = Some(opened);
        Ok(token)
    }

    async fn sign_in(&self) -> Result<Lease, ReadError> {
        let credential = self.credential.expose();
        match &self.settings.auth {
            VaultAuth::Token => match wire::lookup(self, &self.credential).await {
                Ok(lease) => Ok(lease),
                // A policy may forbid a token to look at itself; whether it may read is seen when it does.
                Err(ReadError::Forbidden) => {
                    Ok(Lease { token: self.credential.clone(), lasts: Duration::ZERO, renewable: false })
                }
                Err(error) => Err(error),
            },
            VaultAuth::Approle { role_id, mount } => {
                let body = serde_json::json!({ "role_id": role_id, "secret_id": credential });
                wire::login(self, mount, &body).await
            }
            VaultAuth::Jwt { role, mount } => {
                let body = serde_json::json!({ "role": role, "jwt": credential });
                wire::login(self, mount, &body).await
            }
        }
    }
}
