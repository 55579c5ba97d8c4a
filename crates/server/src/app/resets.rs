//! New passwords: changed by their owner, or set with a one-time link that an admin handed out.

use chrono::TimeDelta;
use promptsync_api::{
    error::{INSUFFICIENT_SCOPE, USER_NOT_FOUND, WRONG_CREDENTIALS},
    invitations::{CreateReset, CreatedLink, Invitation},
    sign_in::{ChangePassword, ResetPassword},
};
use promptsync_core::{
    access::can_give,
    emails::Email,
    login::{Attempt, Refusal, Way, decide},
};
use promptsync_store::{
    ReadTx, bindings, invitations,
    invitations::Invitation as Row,
    sessions as stored_sessions,
    users::{self, User},
};
use serde_json::json;

use super::{
    change::{Deed, Kept},
    invitations::{link_hash, new_link},
    sessions::{self, Tokens, Welcome},
    set_up,
};
use crate::{
    endpoint::{Call, Visit},
    http::error::ApiError,
    subjects::Myself,
};

/// How long a link to a new password works.
pub(crate) const LIFETIME: TimeDelta = TimeDelta::minutes(15);

/// Makes a link with which a member can set a new password. There is no mail: whoever makes it hands it over.
pub(crate) async fn create(call: &Call, request: &CreateReset) -> Result<CreatedLink, ApiError> {
    let (app, workspace) = (&call.app, &call.caller.workspace);
    app.passwords_allowed()?;
    let email = set_up::email(&request.email)?;
    let mut tx = app.db.begin_system_write().await?;
    tx.revision(workspace).await?;
    let user = users::by_email(&mut tx, &email).await?;
    let user = member(call, &mut tx, user).await?;
    may_reset(call, &mut tx, &user).await?;
    let (row, token) = new_link(app, call, user.email.clone());
    let row = Row { user: Some(user.id.clone()), expires_at: row.created_at + LIFETIME, ..row };
    // A new link makes the older ones useless.
    invitations::spend_resets(&mut tx, &user.id, app.clock.now()).await?;
    invitations::insert(&mut tx, &row).await?;
    let deed =
        Deed { action: "password.offer_reset", target: format!("user:{}", user.id), ..Deed::default() };
    call.change.commit(app, tx, deed, Kept::<()>::Secret).await?;
    let link = format!("{}/invitation#{token}", app.public_url());
    let invitation = Invitation {
        id: row.id,
        email: row.email.to_string(),
        created_at: row.created_at,
        expires_at: row.expires_at,
    };
    Ok(CreatedLink { invitation, link, token })
}

/// A person is looked for among the members of the caller's workspace: others do not exist for it.
async fn member(call: &Call, tx: &mut ReadTx, user: Option<User>) -> Result<User, ApiError> {
    let not_found = || ApiError::new(USER_NOT_FOUND, "no such member of this workspace");
    let user = user.ok_or_else(not_found)?;
    let person = users::person(tx, &user).await?;
    if person.workspaces.contains(&call.caller.workspace) { Ok(user) } else { Err(not_found()) }
}

/// Whoever sets a password becomes that person. So nobody may for somebody who can do more, or who is at home in
/// another workspace too; only the server's operator may for everybody.
async fn may_reset(call: &Call, tx: &mut ReadTx, user: &User) -> Result<(), ApiError> {
    if call.caller.operator {
        return Ok(());
    }
    let refuse = |why: &str| Err(ApiError::new(INSUFFICIENT_SCOPE, why));
    if user.operator {
        return refuse("only the server's operator sets an operator's password");
    }
    let person = users::person(tx, user).await?;
    if person.workspaces.len() > 1 {
        return refuse("they are a member of other workspaces too: the server's operator can help them");
    }
    let theirs = bindings::principal(tx, &call.caller.workspace, &user.id).await?;
    if theirs.grants.iter().all(|grant| can_give(&call.caller.principal, grant)) {
        Ok(())
    } else {
        refuse("they may do more than you: somebody who may as much has to help them")
    }
}

/// Sets a new password with a link. Every session of the person ends; the link works once.
pub(crate) async fn reset(visit: &Visit, request: ResetPassword) -> Result<Tokens, ApiError> {
    let app = &visit.app;
    visit.require_own_page_for(request.kind)?;
    app.passwords_allowed()?;
    let bad = || app.wrong_code(visit.peer, Refusal::BadCode);
    let hash = link_hash(app, request.token.as_deref()).ok_or_else(bad)?;
    let email = Email::parse(&request.email).map_err(|_| bad())?;
    let mut tx = app.db.begin_system_read().await?;
    let check = |row: &Option<Row>, user: &Option<User>, person: &Option<promptsync_core::login::Person>| {
        let code = row.as_ref().filter(|row| row.role.is_none()).map(Row::code);
        let way = Way::Reset { code: code.as_ref() };
        let person = person.as_ref().filter(|_| user.is_some());
        decide(&app.rules(), &Attempt { way, person, wanted: None, now: app.clock.now() })
            .map_err(|refusal| app.wrong_code(visit.peer, refusal))
    };
    let (row, user, person) = found(&mut tx, &hash, &email).await?;
    check(&row, &user, &person)?;
    drop(tx);
    let new = app.new_password(&request.password, &email).await?;

    let mut tx = app.db.begin_system_write().await?;
    if let Some(row) = &row {
        tx.revision(&row.workspace).await?;
    }
    let (row, user, person) = found(&mut tx, &hash, &email).await?;
    let entry = check(&row, &user, &person)?;
    let (row, user) = row.zip(user).ok_or_else(bad)?;
    let now = app.clock.now();
    if !invitations::spend(&mut tx, &row.workspace, &row.id, now).await? {
        return Err(bad());
    }
    users::set_password(&mut tx, &user.id, &new).await?;
    stored_sessions::revoke_all(&mut tx, &user.id, now).await?;
    let deed = Deed { action: "password.reset", target: format!("user:{}", user.id), ..Deed::default() };
    let welcome = Welcome {
        user: &user,
        // The chain that the link belongs to records its use; they are a member there, which was checked when it was made.
        workspace: if person.is_some_and(|person| person.workspaces.contains(&row.workspace)) {
            row.workspace
        } else {
            entry.workspace
        },
        by: entry.by,
        kind: request.kind,
        client: request.client,
        deed: Some(deed),
    };
    sessions::open(visit, tx, welcome).await
}

type Known = (Option<Row>, Option<User>, Option<promptsync_core::login::Person>);

async fn found(tx: &mut ReadTx, hash: &[u8], email: &Email) -> Result<Known, ApiError> {
    let row = invitations::by_token(tx, hash).await?;
    let user = users::by_email(tx, email).await?;
    let person = match &user {
        Some(user) => Some(users::person(tx, user).await?),
        None => None,
    };
    Ok((row, user, person))
}

/// Changes the caller's own password. Their other sessions end.
pub(crate) async fn change(call: &Myself, request: &ChangePassword) -> Result<(), ApiError> {
    let app = &call.app;
    app.passwords_allowed()?;
    let (id, session) = call.me();
    let mut tx = app.db.begin_system_read().await?;
    let user = users::by_id(&mut tx, id).await?.ok_or(Refusal::WrongCredentials)?;
    drop(tx);
    let account = app.account(user.email.as_str());
    app.may_guess(account, call.peer)?;
    if !app.passwords.matches(&request.current, user.password_hash.as_deref()).await? {
        app.note_guess(&Refusal::WrongCredentials, account, call.peer);
        return Err(ApiError::new(WRONG_CREDENTIALS, "the current password is wrong"));
    }
    let new = app.new_password(&request.new, &user.email).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin_system_write().await?;
    tx.revision(&call.caller.workspace).await?;
    users::set_password(&mut tx, id, &new).await?;
    for other in stored_sessions::of_user(&mut tx, id, now).await? {
        if other.id != *session {
            stored_sessions::revoke(&mut tx, id, &other.id, now).await?;
        }
    }
    invitations::spend_resets(&mut tx, id, now).await?;
    let deed = Deed {
        action: "password.change",
        target: format!("user:{id}"),
        details: [("session".to_owned(), json!(session))].into_iter().collect(),
        ..Deed::default()
    };
    call.change.commit(app, tx, deed, Kept::Answer(204, &())).await?;
    app.seats.forget(id);
    Ok(())
}
