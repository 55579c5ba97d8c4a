//! From an access token to its caller: the token names a session, the database says what its person may do.

use std::{net::IpAddr, sync::Arc};

use promptsync_core::{
    ids::SessionId,
    login::{Attempt, Way, decide},
};
use promptsync_store::{StoreError, bindings, sessions, users};

use super::{Caller, Identity, seats::Seat};
use crate::{app::App, http::error::ApiError};

impl App {
    /// The caller with this access token.
    pub(crate) async fn signed_in(&self, token: &str, peer: Option<IpAddr>) -> Result<Caller, ApiError> {
        let now = self.clock.now();
        let Some(claims) = self.tokens.read(token, now) else {
            let counted = peer.filter(|_| !self.tokens.is_ours(token));
            return Err(self.not_authenticated(counted));
        };
        let seat = self.seat(&claims.sid).await?.ok_or_else(|| self.not_authenticated(None))?;
        // The workspace of the token is that of the session, until the session goes to another.
        if seat.user.id != claims.sub || seat.session.workspace != claims.ws {
            return Err(self.not_authenticated(None));
        }
        let session = &seat.session;
        let (by, revoked, ends_at) = (session.proof, session.revoked_at.is_some(), session.end());
        decide(
            &self.rules(),
            &Attempt {
                way: Way::Session { by, revoked, ends_at },
                person: Some(&seat.person),
                wanted: Some(&session.workspace),
                now,
            },
        )?;
        Ok(Caller {
            identity: Identity::User(claims.sub, claims.sid),
            name: seat.user.name.clone(),
            workspace: session.workspace.clone(),
            principal: Arc::clone(&seat.principal),
            project: None,
            role: None,
            operator: seat.user.operator,
            key_by: None,
        })
    }

    /// A session with its person: from memory, else from the database, else from memory as it was lately.
    async fn seat(&self, id: &SessionId) -> Result<Option<Arc<Seat>>, ApiError> {
        if let Some(seat) = self.seats.fresh(id) {
            return Ok(Some(seat));
        }
        match self.read_seat(id).await {
            Ok(found) => {
                let found = found.map(Arc::new);
                if let Some(seat) = &found {
                    self.seats.keep(seat);
                }
                Ok(found)
            }
            Err(StoreError::Unavailable(cause)) => match self.seats.last_good(id) {
                Some(seat) => Ok(Some(seat)),
                None => Err(StoreError::Unavailable(cause).into()),
            },
            Err(failure) => Err(failure.into()),
        }
    }

    async fn read_seat(&self, id: &SessionId) -> Result<Option<Seat>, StoreError> {
        let mut tx = self.db.begin_system_read().await?;
        let Some(session) = sessions::by_id(&mut tx, id).await? else { return Ok(None) };
        let Some(user) = users::by_id(&mut tx, &session.user).await? else { return Ok(None) };
        let person = users::person(&mut tx, &user).await?;
        let principal = bindings::principal(&mut tx, &session.workspace, &user.id).await?;
        Ok(Some(Seat { session, user, person, principal: Arc::new(principal) }))
    }
}
