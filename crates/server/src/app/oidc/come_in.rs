//! Letting somebody in who comes back from the provider.

use promptsync_api::{
    error::{EMAIL_IN_USE, EMAIL_UNVERIFIED},
    sign_in::SessionKind,
};
use promptsync_core::{
    emails::Email,
    ids::WorkspaceId,
    login::{Attempt, Entry, Proof, Refusal, Way, Who, decide},
};
use promptsync_store::{
    OnUnique as _, ReadTx, Tx, identities,
    identities::Identity,
    members,
    users::{self, User},
};
use serde_json::json;

use super::Returned;
use crate::{
    app::{
        change::Deed,
        group_roles, invitations,
        sessions::{self, Tokens, Welcome},
        set_up,
    },
    config::oidc::Settings,
    http::error::ApiError,
};

/// Lets somebody in whom their identity is linked to, or who becomes a user by this where that is allowed.
pub(super) async fn sign_in(returned: &Returned<'_>, settings: &Settings) -> Result<Tokens, ApiError> {
    let app = &returned.visit.app;
    let home = app.workspace().await?;
    let mut tx = app.db.begin_system_read().await?;
    let (known, entry) = judged(returned, &mut tx, &home).await?;
    drop(tx);
    let roles = settings.groups.of(returned.person.groups.as_deref().unwrap_or_default());
    if let Some(user) = &known {
        group_roles::set(returned.visit, user, &home, &roles).await?;
    }

    let mut tx = app.db.begin_system_write().await?;
    tx.revision(&entry.workspace).await?;
    returned.spend(&mut tx).await?;
    // Judged again inside: since then they may have been switched off, or have come in through another tab.
    let (known, entry) = judged(returned, &mut tx, &home).await?;
    let (user, deed) = if let Some(user) = known {
        (user, None)
    } else {
        let user = new_user(returned, &mut tx, settings).await?;
        users::insert(&mut tx, &user).await.on_unique(email_in_use)?;
        link(returned, &mut tx, &user).await?;
        members::insert(&mut tx, &home, &user.id, app.clock.now()).await?;
        group_roles::give(app, &mut tx, &user.id, &home, roles.clone()).await?;
        let deed = Deed {
            action: "user.provision",
            target: format!("user:{}", user.id),
            details: [("issuer".to_owned(), json!(returned.issuer)), ("roles".to_owned(), json!(roles))]
                .into_iter()
                .collect(),
            ..Deed::default()
        };
        (user, Some(deed))
    };
    open(returned, tx, &user, entry, deed).await
}

/// Lets somebody in who accepts an invitation as who they are at the provider. Somebody new is linked by it; somebody
/// who is a user already must have been linked before.
pub(super) async fn accept(returned: &Returned<'_>, token: &str) -> Result<Tokens, ApiError> {
    let (visit, app) = (returned.visit, &returned.visit.app);
    let hash = invitations::link_hash(app, Some(token));
    let hash = hash.ok_or_else(|| app.wrong_code(visit.peer, Refusal::BadCode))?;
    let mut tx = app.db.begin_system_read().await?;
    let workspace = invitations::waiting(visit, &mut tx, &hash).await?.workspace;
    drop(tx);

    let mut tx = app.db.begin_system_write().await?;
    tx.revision(&workspace).await?;
    returned.spend(&mut tx).await?;
    let row = invitations::waiting(visit, &mut tx, &hash).await?;
    let known = linked_user(returned, &mut tx).await?;
    let person = match &known {
        Some(user) => Some(users::person(&mut tx, user).await?),
        None => None,
    };
    // Whoever an identity is linked to has proved it; the policy sees no other person here.
    let way = Way::Invitation { by: Proof::Provider, code: Some(&row.code()), matches: known.is_some() };
    let attempt = Attempt { way, person: person.as_ref(), wanted: None, now: app.clock.now() };
    let entry = decide(&app.rules(), &attempt)?;
    let user = if let Some(user) = &known {
        user.clone()
    } else {
        if users::by_email(&mut tx, &row.email).await?.is_some() {
            return Err(email_in_use());
        }
        let name = set_up::name(returned.person.name.as_deref(), &row.email)?;
        set_up::new_user(app, row.email.clone(), name)
    };
    let deed = invitations::redeem(app, &mut tx, &row, &user, &entry.who).await?;
    if known.is_none() {
        link(returned, &mut tx, &user).await?;
    }
    open(returned, tx, &user, entry, Some(deed)).await
}

/// Who it is here, and what the policy says.
async fn judged(
    returned: &Returned<'_>,
    tx: &mut ReadTx,
    home: &WorkspaceId,
) -> Result<(Option<User>, Entry), ApiError> {
    let app = &returned.visit.app;
    let known = linked_user(returned, tx).await?;
    let person = match &known {
        Some(user) => Some(users::person(tx, user).await?),
        None => None,
    };
    let way = Way::Provider { home };
    let attempt = Attempt { way, person: person.as_ref(), wanted: None, now: app.clock.now() };
    let entry = decide(&app.rules(), &attempt)?;
    Ok((known.filter(|_| entry.who != Who::New), entry))
}

async fn linked_user(returned: &Returned<'_>, tx: &mut ReadTx) -> Result<Option<User>, ApiError> {
    match identities::user(tx, returned.issuer, &returned.person.subject).await? {
        Some(id) => Ok(users::by_id(tx, &id).await?),
        None => Ok(None),
    }
}

/// The user that somebody becomes whom nobody invited: only with an address the provider vouches for, which nobody else
/// has here.
async fn new_user(returned: &Returned<'_>, tx: &mut ReadTx, settings: &Settings) -> Result<User, ApiError> {
    let person = &returned.person;
    let vouched = person.email_verified.unwrap_or(settings.trust_email);
    let email = person.email.as_deref().filter(|_| vouched).and_then(|email| Email::parse(email).ok());
    let email = email.ok_or_else(|| {
        ApiError::new(EMAIL_UNVERIFIED, "the identity provider does not say that your address is yours")
            .hint("verify it there, or ask an admin for an invitation")
    })?;
    if users::by_email(tx, &email).await?.is_some() {
        return Err(email_in_use());
    }
    let name = set_up::name(person.name.as_deref(), &email)?;
    Ok(set_up::new_user(&returned.visit.app, email, name))
}

async fn link(returned: &Returned<'_>, tx: &mut Tx, user: &User) -> Result<(), ApiError> {
    let identity = Identity {
        issuer: returned.issuer.to_owned(),
        subject: returned.person.subject.clone(),
        user: user.id.clone(),
        created_at: returned.visit.app.clock.now(),
    };
    identities::insert(tx, &identity).await.on_unique(super::link::in_use)
}

async fn open(
    returned: &Returned<'_>,
    tx: Tx,
    user: &User,
    entry: Entry,
    deed: Option<Deed>,
) -> Result<Tokens, ApiError> {
    let welcome = Welcome {
        user,
        workspace: entry.workspace,
        by: entry.by,
        kind: SessionKind::Browser,
        client: None,
        deed,
    };
    sessions::open(returned.visit, tx, welcome).await
}

/// An address alone proves nothing: whoever has it here must link the two accounts themselves.
fn email_in_use() -> ApiError {
    ApiError::new(
        EMAIL_IN_USE,
        "somebody has an account here with the address you have at the identity provider",
    )
    .hint("if it is yours, sign in as you did before and link the two")
}
