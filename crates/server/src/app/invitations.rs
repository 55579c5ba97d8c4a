//! Invitations: one-time links into a workspace. Nobody invites to more than they have themselves.

use chrono::TimeDelta;
use promptsync_api::{
    error::{INSUFFICIENT_SCOPE, INVITATION_NOT_FOUND},
    invitations::{CreatedLink, Invitation, Invite},
    page::Page,
    sign_in::{AcceptInvitation, Link, LinkPurpose, LinkQuestion},
};
use promptsync_core::{
    access::{Grant, Scope, can_give},
    ids::InvitationId,
    login::{Attempt, Proof, Refusal, Way, Who, decide},
};
use promptsync_store::{
    OnUnique as _, Tx,
    invitations::{self, Invitation as Row},
    users::{self, User},
    workspaces,
};
use serde_json::json;

use super::{
    App,
    change::{Deed, Kept},
    pages::{self, Paging},
    roles, scopes,
    sessions::{self, Tokens, Welcome},
    set_up,
};
use crate::{
    auth::one_time::{self, Purpose},
    endpoint::{Call, Visit},
    http::error::ApiError,
};

/// How long an invitation works.
const LIFETIME: TimeDelta = TimeDelta::hours(72);

/// Makes an invitation. Its link is in this answer and nowhere else.
pub(crate) async fn create(call: &Call, request: &Invite) -> Result<CreatedLink, ApiError> {
    let (app, workspace) = (&call.app, &call.caller.workspace);
    let email = set_up::email(&request.email)?;
    let mut tx = app.db.begin_write(workspace).await?;
    let named = scopes::Named { project: request.project.as_deref(), ..scopes::Named::default() };
    let (scope, _) = scopes::find(&mut tx, workspace, named).await?;
    let role = roles::find(&mut tx, workspace, &request.role).await?;
    let grant = Grant { permissions: role.permissions, scope };
    if !can_give(&call.caller.principal, &grant) {
        return Err(ApiError::new(
            INSUFFICIENT_SCOPE,
            "nobody gives a role that allows more than they may do",
        ));
    }
    let (row, token) = new_link(app, call, email);
    let row = Row {
        role: Some(role.role),
        project: grant.scope.in_project().cloned(),
        expires_at: row.created_at + LIFETIME,
        ..row
    };
    invitations::insert(&mut tx, &row).await?;
    let deed = Deed {
        action: "invitation.create",
        target: format!("invitation:{}", row.id),
        details: [
            ("email".to_owned(), json!(row.email.as_str())),
            ("role".to_owned(), json!(role.name)),
            ("project".to_owned(), json!(request.project)),
        ]
        .into_iter()
        .collect(),
        ..Deed::default()
    };
    call.change.commit(app, tx, deed, Kept::<()>::Secret).await?;
    let link = format!("{}/invitation#{token}", app.public_url());
    Ok(CreatedLink { invitation: view(row), link, token })
}

/// A link that is not stored yet: it leads nowhere and has expired.
pub(crate) fn new_link(app: &App, call: &Call, email: promptsync_core::emails::Email) -> (Row, String) {
    let token = one_time::generate(Purpose::Link, &*app.random);
    let now = app.clock.now();
    let row = Row {
        id: InvitationId::new(app.ids.next()),
        workspace: call.caller.workspace.clone(),
        token_hash: one_time::hash(Purpose::Link, &app.secret, &token).to_vec(),
        email,
        user: None,
        role: None,
        project: None,
        created_by: call.caller.id().to_owned(),
        created_at: now,
        expires_at: now,
        spent_at: None,
    };
    (row, token)
}

/// The invitations of the workspace that wait.
pub(crate) async fn list(call: &Call, paging: &Paging) -> Result<Page<Invitation>, ApiError> {
    let workspace = &call.caller.workspace;
    let list = format!("invitations:{workspace}");
    let mut tx = call.app.db.begin_read(workspace).await?;
    let request = paging.request(&call.app, &list)?;
    let page = invitations::list(&mut tx, workspace, call.app.clock.now(), &request).await?;
    Ok(pages::answer(&call.app, &list, page, view))
}

/// Withdraws an invitation.
pub(crate) async fn withdraw(call: &Call, id: &str) -> Result<(), ApiError> {
    let workspace = &call.caller.workspace;
    let id = InvitationId::new(id);
    let mut tx = call.app.db.begin_write(workspace).await?;
    if !invitations::spend(&mut tx, workspace, &id, call.app.clock.now()).await? {
        return Err(ApiError::new(INVITATION_NOT_FOUND, "no such invitation waits here"));
    }
    let deed = Deed { action: "invitation.withdraw", target: format!("invitation:{id}"), ..Deed::default() };
    call.change.commit(&call.app, tx, deed, Kept::Answer(204, &())).await?;
    Ok(())
}

/// What a link is for, for the page that shows it. Knowing the token is what gives the right to ask.
pub(crate) async fn look(visit: &Visit, question: &LinkQuestion) -> Result<Link, ApiError> {
    let app = &visit.app;
    let refuse = || app.wrong_code(visit.peer, Refusal::BadCode);
    let hash = link_hash(app, question.token.as_deref()).ok_or_else(refuse)?;
    let mut tx = app.db.begin_system_read().await?;
    let row = invitations::by_token(&mut tx, &hash).await?;
    let row = row.filter(|row| row.spent_at.is_none()).ok_or_else(refuse)?;
    if row.expires_at <= app.clock.now() {
        return Err(Refusal::CodeExpired(row.expires_at).into());
    }
    let known = users::by_email(&mut tx, &row.email).await?.is_some();
    let workspace = workspaces::list(&mut tx).await?.into_iter().find(|known| known.id == row.workspace);
    Ok(Link {
        email: row.email.to_string(),
        workspace: workspace.map_or_else(String::new, |known| known.name.to_string()),
        purpose: if row.role.is_some() { LinkPurpose::Invitation } else { LinkPurpose::Reset },
        known,
    })
}

/// Accepts an invitation with a password: a new one, or the one somebody has who is a user already.
pub(crate) async fn accept(visit: &Visit, request: AcceptInvitation) -> Result<Tokens, ApiError> {
    let app = &visit.app;
    visit.require_own_page_for(request.kind)?;
    app.passwords_allowed()?;
    let hash = link_hash(app, request.token.as_deref());
    let hash = hash.ok_or_else(|| app.wrong_code(visit.peer, Refusal::BadCode))?;
    let mut tx = app.db.begin_system_read().await?;
    let row = waiting(visit, &mut tx, &hash).await?;
    let known = users::by_email(&mut tx, &row.email).await?;
    drop(tx);
    let account = app.account(row.email.as_str());
    app.may_guess(account, visit.peer)?;
    let (matches, new_hash) = match &known {
        Some(user) => (app.passwords.matches(&request.password, user.password_hash.as_deref()).await?, None),
        None => (false, Some(app.new_password(&request.password, &row.email).await?)),
    };
    let name = set_up::name(request.name.as_deref(), &row.email)?;

    let mut tx = app.db.begin_system_write().await?;
    tx.revision(&row.workspace).await?;
    let row = waiting(visit, &mut tx, &hash).await?;
    let person = match &known {
        Some(user) => Some(users::person(&mut tx, user).await?),
        None => None,
    };
    let way = Way::Invitation { by: Proof::Password, code: Some(&row.code()), matches };
    let attempt = Attempt { way, person: person.as_ref(), wanted: None, now: app.clock.now() };
    let entry = decide(&app.rules(), &attempt).inspect_err(|refusal| {
        app.note_guess(refusal, account, visit.peer);
    })?;
    let user = match known {
        Some(user) => user,
        None => User { password_hash: new_hash, ..set_up::new_user(app, row.email.clone(), name) },
    };
    let deed = redeem(app, &mut tx, &row, &user, &entry.who).await?;
    let welcome = Welcome {
        user: &user,
        workspace: entry.workspace,
        by: entry.by,
        kind: request.kind,
        client: request.client,
        deed: Some(deed),
    };
    sessions::open(visit, tx, welcome).await
}

/// Spends an invitation on whom the policy let in, in a transaction that the caller ends: makes the user when they are
/// new, and the member.
pub(crate) async fn redeem(
    app: &App,
    tx: &mut Tx,
    row: &Row,
    user: &User,
    who: &Who,
) -> Result<Deed, ApiError> {
    if !invitations::spend(tx, &row.workspace, &row.id, app.clock.now()).await? {
        return Err(Refusal::BadCode.into());
    }
    if *who == Who::New {
        users::insert(tx, user).await.on_unique(|| ApiError::from(Refusal::WrongCredentials))?;
    }
    let role = row.role.clone().ok_or(Refusal::BadCode)?;
    let scope = row.project.clone().map_or(Scope::Workspace, Scope::Project);
    set_up::join(app, tx, &user.id, &row.workspace, &role, scope).await?;
    Ok(Deed {
        action: "invitation.accept",
        target: format!("invitation:{}", row.id),
        details: [("user".to_owned(), json!(user.id))].into_iter().collect(),
        ..Deed::default()
    })
}

/// The hash of a link's token, when the text can be one.
pub(crate) fn link_hash(app: &App, token: Option<&str>) -> Option<[u8; 32]> {
    let token = token.filter(|token| one_time::is_one(Purpose::Link, token))?;
    Some(one_time::hash(Purpose::Link, &app.secret, token))
}

/// The invitation with that token that waits to be accepted.
pub(crate) async fn waiting(
    visit: &Visit,
    tx: &mut promptsync_store::ReadTx,
    hash: &[u8],
) -> Result<Row, ApiError> {
    let row = invitations::by_token(tx, hash).await?.filter(|row| row.role.is_some());
    let row = row.filter(|row| row.spent_at.is_none());
    row.ok_or_else(|| visit.app.wrong_code(visit.peer, Refusal::BadCode))
}

fn view(row: Row) -> Invitation {
    Invitation {
        id: row.id,
        email: row.email.to_string(),
        created_at: row.created_at,
        expires_at: row.expires_at,
    }
}
