//! Signing in at the identity provider: sending browsers there, and letting in who comes back.
//!
//! Somebody is who their identity is linked to: issuer and subject. An address that is equal to a user's links nothing;
//! otherwise whoever can choose an address at the provider could be anybody here.

mod come_in;
mod link;

use promptsync_api::{
    error::{NOT_FOUND, OIDC_STATE},
    oidc::AcceptAtProvider,
    sign_in::SessionKind,
};
use promptsync_core::{
    login::Refusal,
    oidc::{Callback, Person},
};
use promptsync_store::Tx;

use super::{App, invitations};
use crate::{
    endpoint::Visit,
    http::error::ApiError,
    oidc::{
        OidcError, Provider,
        attempt::{Attempt, LIFE, Purpose},
    },
    subjects::Myself,
};

/// A browser on its way to the provider.
pub(crate) struct Away {
    /// Where to.
    pub(crate) location: String,
    /// What it must come back with.
    pub(crate) cookie: String,
}

/// A browser that came back and was let in.
pub(crate) struct Back {
    /// Where it goes on.
    pub(crate) next: String,
    /// The cookie of its session; none when it only linked an identity.
    pub(crate) session: Option<String>,
}

/// What came back from the provider and is believed.
struct Returned<'a> {
    visit: &'a Visit,
    issuer: &'a str,
    attempt: Attempt,
    person: Person,
}

/// Sends a browser away to sign in.
pub(crate) async fn start(visit: &Visit, next: &str) -> Result<Away, ApiError> {
    away(&visit.app, Purpose::SignIn, next).await
}

/// Sends a browser away to accept an invitation as who it is at the provider.
pub(crate) async fn start_invitation(visit: &Visit, request: AcceptAtProvider) -> Result<Away, ApiError> {
    let app = &visit.app;
    visit.require_own_page_for(SessionKind::Browser)?;
    let hash = invitations::link_hash(app, request.token.as_deref());
    let hash = hash.ok_or_else(|| app.wrong_code(visit.peer, Refusal::BadCode))?;
    let mut tx = app.db.begin_system_read().await?;
    invitations::waiting(visit, &mut tx, &hash).await?;
    drop(tx);
    away(app, Purpose::Invitation(request.token.unwrap_or_default()), "/").await
}

/// Sends a browser away to link who is signed in here to who they are at the provider.
pub(crate) async fn start_link(call: &Myself, next: &str) -> Result<Away, ApiError> {
    call.change.unchanged();
    away(&call.app, Purpose::Link(call.me().0.clone()), next).await
}

/// Takes a browser back. The provider is asked before any transaction begins.
pub(crate) async fn callback(visit: &Visit, callback: Callback<'_>) -> Result<Back, ApiError> {
    let (app, now) = (&visit.app, visit.app.clock.now());
    let provider = app.provider()?;
    app.can_record()?;
    visit.access.about("login", "provider".to_owned());
    let attempt = Attempt::of_browser(&app.secret, &visit.headers, now).ok_or_else(not_started)?;
    let person = provider.person(&attempt, callback, &app.public_url(), now).await.inspect_err(noted)?;
    let next = attempt.next.clone();
    let returned = Returned { visit, issuer: &provider.settings().issuer, attempt, person };
    let tokens = match returned.attempt.purpose.clone() {
        Purpose::SignIn => Some(come_in::sign_in(&returned, provider.settings()).await?),
        Purpose::Invitation(token) => Some(come_in::accept(&returned, &token).await?),
        Purpose::Link(user) => {
            link::link(&returned, &user).await?;
            None
        }
    };
    Ok(Back { next, session: tokens.and_then(|tokens| tokens.cookie()) })
}

impl Returned<'_> {
    /// Uses the attempt up inside a transaction: what came back once leads to one session.
    async fn spend(&self, tx: &mut Tx) -> Result<(), ApiError> {
        let now = self.visit.app.clock.now();
        let forget = now - chrono::TimeDelta::seconds(2 * LIFE);
        if promptsync_store::oidc::spend(tx, &self.attempt.hash, now, forget).await? {
            Ok(())
        } else {
            Err(not_started())
        }
    }
}

impl App {
    /// The provider, when one is configured.
    pub(crate) fn provider(&self) -> Result<&Provider, ApiError> {
        self.provider.as_ref().ok_or_else(|| {
            ApiError::new(NOT_FOUND, "no identity provider is set up on this server")
                .hint("an operator sets `oidc_issuer`")
        })
    }

    /// Finds a provider that is configured wrongly. One that is down is not: it may come back.
    pub(crate) async fn check_provider(&self) -> Result<(), OidcError> {
        let Some(provider) = &self.provider else { return Ok(()) };
        match provider.discover(self.clock.now()).await {
            Err(OidcError::Unavailable(reason)) => {
                let reason = &reason as &dyn std::error::Error;
                tracing::warn!(
                    reason,
                    "the identity provider cannot be reached; nobody signs in there until it can"
                );
                Ok(())
            }
            other => other,
        }
    }
}

async fn away(app: &App, purpose: Purpose, next: &str) -> Result<Away, ApiError> {
    let (provider, now) = (app.provider()?, app.clock.now());
    let mut seed = [0; 32];
    (app.random)(&mut seed);
    let attempt = Attempt::begin(&app.secret, seed, purpose, next, now);
    let location = provider.authorization_url(&attempt, &app.public_url(), now).await?;
    Ok(Away { location, cookie: attempt.cookie() })
}

fn not_started() -> ApiError {
    ApiError::new(OIDC_STATE, "this sign-in was not started in this browser, is too old, or was used already")
        .hint("start again from the sign-in page")
}

/// Notes in the log why nobody was let in. The words are ours; nothing a provider or a link says is in them.
fn noted(error: &OidcError) {
    tracing::warn!(reason = %error, "nobody was signed in by the identity provider");
}
