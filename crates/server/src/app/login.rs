//! Signing in with a password.

use std::net::IpAddr;

use promptsync_api::{
    error::{RATE_LIMITED, UNAVAILABLE, WEAK_PASSWORD},
    sign_in::{Login, SessionKind, SignInOptions},
};
use promptsync_core::{
    emails::Email,
    login::{Attempt, Refusal, Rules, Way, decide},
    passwords,
};
use promptsync_store::users;

use super::{
    App,
    sessions::{self, Tokens, Welcome},
};
use crate::{
    endpoint::Visit,
    http::{error::ApiError, origin},
};

/// Lets somebody in who knows their password. An unknown address takes as long as a wrong password and gets the same
/// answer.
pub(crate) async fn with_password(visit: &Visit, login: Login) -> Result<Tokens, ApiError> {
    let app = &visit.app;
    visit.require_own_page_for(login.kind)?;
    app.passwords_allowed()?;
    app.can_record()?;
    let email = Email::parse(&login.email).ok();
    let account = app.account(email.as_ref().map_or(login.email.as_str(), Email::as_str));
    app.may_guess(account, visit.peer)?;
    let mut tx = app.db.begin_system_read().await?;
    let user = match &email {
        Some(email) => users::by_email(&mut tx, email).await?,
        None => None,
    };
    drop(tx);
    if let Some(user) = &user {
        visit.access.about("login", format!("user:{}", user.id));
    }
    let stored = user.as_ref().and_then(|user| user.password_hash.clone());
    let matches = app.passwords.matches(&login.password, stored.as_deref()).await?;
    let known = user.filter(|_| matches).ok_or(Refusal::WrongCredentials).inspect_err(|refusal| {
        app.note_guess(refusal, account, visit.peer);
    })?;

    let mut tx = app.db.begin_system_write().await?;
    // Read again inside: since then they may have been switched off, or got another password.
    let user = users::by_id(&mut tx, &known.id).await?.ok_or(Refusal::WrongCredentials)?;
    let matches = user.password_hash == stored;
    let person = users::person(&mut tx, &user).await?;
    let wanted = match &login.workspace {
        Some(name) => Some(sessions::workspace_named(&mut tx, &person, name).await?),
        None => None,
    };
    let attempt = Attempt {
        way: Way::Password { matches },
        person: Some(&person),
        wanted: wanted.as_ref(),
        now: app.clock.now(),
    };
    let entry = decide(&app.rules(), &attempt)?;
    let welcome = Welcome {
        user: &user,
        workspace: entry.workspace,
        by: entry.by,
        kind: login.kind,
        client: login.client,
        deed: None,
    };
    let tokens = sessions::open(visit, tx, welcome).await?;
    if let Some(address) = visit.peer {
        app.guesses.forget(account, address);
    }
    Ok(tokens)
}

/// What the sign-in page offers.
pub(crate) async fn options(visit: &Visit) -> Result<SignInOptions, ApiError> {
    let mut tx = visit.app.db.begin_system_read().await?;
    let rules = visit.app.rules();
    Ok(SignInOptions {
        set_up_needed: !users::any(&mut tx).await?,
        passwords: rules.passwords,
        provider: rules.provider,
    })
}

impl Visit {
    /// A browser's session begins on a page of this server: nobody is signed in as somebody else by a foreign one.
    pub(crate) fn require_own_page_for(&self, kind: SessionKind) -> Result<(), ApiError> {
        match kind {
            SessionKind::Browser => origin::require_own_page(&self.headers, &self.app.config.public_url),
            SessionKind::Cli => Ok(()),
        }
    }
}

impl App {
    /// What the server allows.
    pub(crate) fn rules(&self) -> Rules {
        let provider = self.config.oidc.as_ref();
        Rules {
            passwords: self.config.password_login,
            provider: provider.is_some(),
            provision: provider.is_some_and(|provider| provider.provision),
        }
    }

    /// Refuses while accesses cannot be recorded: a guess that leaves no trace is worse than a person who waits.
    pub(crate) fn can_record(&self) -> Result<(), ApiError> {
        if self.access.is_writable() {
            return Ok(());
        }
        let detail = "nobody is let in while it cannot be recorded; what is signed in already goes on";
        Err(ApiError::new(UNAVAILABLE, detail).retry_after(10))
    }

    /// Refuses early, before anything is hashed.
    pub(crate) fn passwords_allowed(&self) -> Result<(), ApiError> {
        let nobody = Attempt {
            way: Way::Password { matches: false },
            person: None,
            wanted: None,
            now: self.clock.now(),
        };
        match decide(&self.rules(), &nobody) {
            Err(refusal @ Refusal::ProofOff(_)) => Err(refusal.into()),
            _ => Ok(()),
        }
    }

    /// An account's name for counting: all spellings of one address are one.
    pub(crate) fn account(&self, email: &str) -> [u8; 32] {
        self.secret.seal("account", &[&email.trim().to_lowercase()])
    }

    /// Refuses somebody who has sent too many wrong secrets, for this account or at all.
    pub(crate) fn may_guess(&self, account: [u8; 32], peer: Option<IpAddr>) -> Result<(), ApiError> {
        let Some(address) = peer else { return Ok(()) };
        let wait = self.guesses.blocked(account, address).or_else(|| self.tries.blocked(address));
        match wait {
            Some(seconds) => {
                Err(ApiError::new(RATE_LIMITED, "too many wrong passwords came from this address")
                    .retry_after(seconds))
            }
            None => Ok(()),
        }
    }

    /// Counts a wrong password.
    pub(crate) fn note_guess(&self, refusal: &Refusal, account: [u8; 32], peer: Option<IpAddr>) {
        if let (Refusal::WrongCredentials, Some(address)) = (refusal, peer) {
            self.guesses.note(account, address);
            self.tries.note(address);
        }
    }

    /// Counts a wrong secret that belongs to no account, and gives the answer: the given one, until there were too many.
    pub(crate) fn wrong_secret(&self, peer: Option<IpAddr>, answer: ApiError) -> ApiError {
        let Some(address) = peer else { return answer };
        if let Some(seconds) = self.tries.blocked(address) {
            return ApiError::new(RATE_LIMITED, "too many wrong tokens came from this address")
                .retry_after(seconds);
        }
        self.tries.note(address);
        answer
    }

    /// The hash of a new password, when somebody may choose it.
    pub(crate) async fn new_password(&self, password: &str, email: &Email) -> Result<String, ApiError> {
        passwords::check(password, email).map_err(|weak| {
            ApiError::new(WEAK_PASSWORD, weak.to_string())
                .hint("four random words are long and easy to remember")
        })?;
        self.passwords.hash(password, &*self.random).await
    }
}
