//! Sessions: opened for whoever the policy lets in, renewed, listed, ended.

use promptsync_api::{
    error::{SESSION_ENDED, SESSION_NOT_FOUND},
    sign_in::{self, SessionKind, SignedIn, UserView, WorkspaceView},
};
use promptsync_core::{
    audit::Actor,
    ids::{SessionId, WorkspaceId},
    login::{Attempt, Person, Proof, Way, decide},
    time::Timestamp,
};
use promptsync_store::{
    Tx,
    sessions::{self, Kind, Session},
    users::{self, User},
    workspaces,
};
use serde_json::json;

use super::{
    App,
    change::{Deed, Kept},
};
use crate::{
    auth::{
        Identity,
        one_time::{self, Purpose},
    },
    endpoint::{Call, Visit},
    http::{error::ApiError, origin, reply::Reply},
    subjects::Myself,
};

/// How long a replaced refresh token still gives an access token: two tabs, or a lost answer, are no theft.
const GRACE: chrono::TimeDelta = chrono::TimeDelta::seconds(10);
/// How long a replaced refresh token is remembered, so that its use is noticed.
const REMEMBERED: chrono::TimeDelta = chrono::TimeDelta::hours(24);
/// How long a session that has ended is kept, so that a late use of its token is still told apart.
const KEPT: chrono::TimeDelta = chrono::TimeDelta::days(30);
/// The longest description of what signs in.
const MAX_CLIENT: usize = 120;

/// Somebody the policy let in.
pub(crate) struct Welcome<'a> {
    /// Who.
    pub(crate) user: &'a User,
    /// Where.
    pub(crate) workspace: WorkspaceId,
    /// How they proved who they are.
    pub(crate) by: Proof,
    /// What the session is for.
    pub(crate) kind: SessionKind,
    /// What signs in, in its own words; the `User-Agent` when absent.
    pub(crate) client: Option<String>,
    /// What else the same transaction did; signing in alone when absent.
    pub(crate) deed: Option<Deed>,
}

/// The tokens of a session.
pub(crate) struct Tokens {
    answer: SignedIn,
    kind: SessionKind,
    /// A new refresh token and the seconds it works; none when the one that was sent stays the newest.
    refresh: Option<(String, i64)>,
}

impl Tokens {
    /// The answer: a browser gets its refresh token in a cookie, a program in the body.
    pub(crate) fn reply(mut self) -> Reply<SignedIn> {
        match (self.kind, self.refresh) {
            (SessionKind::Browser, Some((token, seconds))) => {
                Reply::ok(self.answer).cookie(origin::keep_session(&token, seconds))
            }
            (SessionKind::Cli, Some((token, _))) => {
                self.answer.refresh_token = Some(token);
                Reply::ok(self.answer)
            }
            (_, None) => Reply::ok(self.answer),
        }
    }

    /// The cookie alone, for an answer that sends the browser elsewhere.
    pub(crate) fn cookie(&self) -> Option<String> {
        self.refresh.as_ref().map(|(token, seconds)| origin::keep_session(token, *seconds))
    }
}

/// Opens a session and commits the transaction it was given, with an audit entry in the name of the person. What else
/// was written in the transaction (a user, an identity, an accepted invitation) becomes durable with it.
pub(crate) async fn open(visit: &Visit, mut tx: Tx, welcome: Welcome<'_>) -> Result<Tokens, ApiError> {
    let (app, now) = (&visit.app, visit.app.clock.now());
    app.can_record()?;
    let refresh = one_time::generate(Purpose::Refresh, &*app.random);
    let (idle, longest) = app.session_lengths(welcome.kind);
    let session = Session {
        id: SessionId::new(app.ids.next()),
        user: welcome.user.id.clone(),
        workspace: welcome.workspace.clone(),
        proof: welcome.by,
        kind: stored(welcome.kind),
        client: client(visit, welcome.client),
        created_at: now,
        refreshed_at: now,
        idle_until: now + idle,
        ends_at: now + longest,
        revoked_at: None,
    };
    tx.revision(&welcome.workspace).await?;
    sessions::insert(&mut tx, &session, &one_time::hash(Purpose::Refresh, &app.secret, &refresh)).await?;
    sessions::forget_ended(&mut tx, &welcome.user.id, now - KEPT).await?;
    users::note_login(&mut tx, &welcome.user.id, now).await?;
    let answer = signed_in(app, &mut tx, welcome.user, &session, now).await?;
    let mut deed = welcome.deed.unwrap_or_else(|| Deed { action: "session.open", ..Deed::default() });
    if deed.target.is_empty() {
        deed.target = format!("session:{}", session.id);
    }
    deed.details.insert("session".into(), json!(session.id));
    deed.details.insert("proof".into(), json!(session.proof));
    deed.details.insert("kind".into(), json!(session.kind));
    deed.details.insert("client".into(), json!(session.client));
    deed.details.insert("address".into(), json!(visit.peer));
    let change = visit.change(&welcome.workspace, actor(welcome.user), welcome.user.id.as_str());
    change.commit(app, tx, deed, Kept::<()>::Secret).await?;
    app.seats.forget(&welcome.user.id);
    let seconds = session.end().signed_duration_since(now).num_seconds();
    Ok(Tokens { answer, kind: welcome.kind, refresh: Some((refresh, seconds)) })
}

/// Renews a session: its refresh token is replaced by another. Whoever sends one that was replaced before holds a copy,
/// and ends the session for both.
pub(crate) async fn renew(visit: &Visit, token: &str, wanted: Option<&str>) -> Result<Tokens, ApiError> {
    let (app, now) = (&visit.app, visit.app.clock.now());
    let ended = || ApiError::new(SESSION_ENDED, "this session has ended: sign in again");
    if token.is_empty() {
        // A page that asks whether somebody is signed in guesses nothing.
        return Err(ended());
    }
    if !one_time::is_one(Purpose::Refresh, token) {
        return Err(app.wrong_secret(visit.peer, ended()));
    }
    let old = one_time::hash(Purpose::Refresh, &app.secret, token);
    let mut tx = app.db.begin_system_read().await?;
    let Some(known) = sessions::token(&mut tx, &old).await? else {
        return Err(app.wrong_secret(visit.peer, ended()));
    };
    drop(tx);

    let mut tx = app.db.begin_system_write().await?;
    let session = sessions::by_id(&mut tx, &known.session).await?.ok_or_else(ended)?;
    tx.revision(&session.workspace).await?;
    let user = users::by_id(&mut tx, &session.user).await?.ok_or_else(ended)?;
    let person = users::person(&mut tx, &user).await?;
    let wanted = match wanted {
        Some(name) => Some(workspace_named(&mut tx, &person, name).await?),
        None => Some(session.workspace.clone()),
    };
    let entry = decide(
        &app.rules(),
        &Attempt {
            way: Way::Session {
                by: session.proof,
                revoked: session.revoked_at.is_some(),
                ends_at: session.end(),
            },
            person: Some(&person),
            wanted: wanted.as_ref(),
            now,
        },
    )?;
    let kind = if session.kind == Kind::Browser { SessionKind::Browser } else { SessionKind::Cli };
    let current = sessions::token(&mut tx, &old).await?;
    if let Some(replaced) = current.and_then(|token| token.replaced_at) {
        if replaced + GRACE > now && entry.workspace == session.workspace {
            let answer = signed_in(app, &mut tx, &user, &session, now).await?;
            tx.unchanged().await?;
            visit.unchanged();
            return Ok(Tokens { answer, kind, refresh: None });
        }
        end_stolen(visit, tx, &user, &session, now).await?;
        return Err(ended());
    }

    let new = one_time::generate(Purpose::Refresh, &*app.random);
    let hash = one_time::hash(Purpose::Refresh, &app.secret, &new);
    if !sessions::replace_token(&mut tx, &session.id, &old, &hash, now, now - REMEMBERED).await? {
        return Err(ended());
    }
    let (idle, _) = app.session_lengths(kind);
    sessions::renew(&mut tx, &session.id, &entry.workspace, now, now + idle).await?;
    let left = session.ends_at.min(now + idle).signed_duration_since(now).num_seconds();
    let from = session.workspace.clone();
    let renewed = Session { workspace: entry.workspace, ..session };
    let answer = signed_in(app, &mut tx, &user, &renewed, now).await?;
    let change = visit.change(&from, actor(&user), user.id.as_str());
    let deed = Deed {
        action: "session.renew",
        target: format!("session:{}", renewed.id),
        details: [("workspace".to_owned(), json!(renewed.workspace))].into_iter().collect(),
        ..Deed::default()
    };
    change.commit(app, tx, deed, Kept::<()>::Secret).await?;
    app.seats.forget(&user.id);
    Ok(Tokens { answer, kind, refresh: Some((new, left)) })
}

async fn end_stolen(
    visit: &Visit,
    mut tx: Tx,
    user: &User,
    session: &Session,
    now: Timestamp,
) -> Result<(), ApiError> {
    if !sessions::revoke(&mut tx, &user.id, &session.id, now).await? {
        return Ok(());
    }
    let deed = Deed {
        action: "session.reuse",
        target: format!("session:{}", session.id),
        reason: Some("a refresh token that had been replaced was used again".to_owned()),
        details: [("address".to_owned(), json!(visit.peer))].into_iter().collect(),
        ..Deed::default()
    };
    let change = visit.change(&session.workspace, Actor::System, user.id.as_str());
    change.commit(&visit.app, tx, deed, Kept::<()>::Secret).await?;
    visit.app.seats.forget(&user.id);
    tracing::warn!(session = %session.id, "a refresh token was used twice; its session has ended");
    Ok(())
}

/// Ends the session that a refresh token renews. A token that renews none is no error: its owner is signed out.
pub(crate) async fn sign_out(visit: &Visit, token: &str) -> Result<(), ApiError> {
    let (app, now) = (&visit.app, visit.app.clock.now());
    visit.unchanged();
    if !one_time::is_one(Purpose::Refresh, token) {
        return Ok(());
    }
    let hash = one_time::hash(Purpose::Refresh, &app.secret, token);
    let mut tx = app.db.begin_system_read().await?;
    let Some(known) = sessions::token(&mut tx, &hash).await? else { return Ok(()) };
    drop(tx);
    let mut tx = app.db.begin_system_write().await?;
    let Some(session) = sessions::by_id(&mut tx, &known.session).await? else { return Ok(()) };
    let Some(user) = users::by_id(&mut tx, &session.user).await? else { return Ok(()) };
    if !sessions::revoke(&mut tx, &user.id, &session.id, now).await? {
        tx.unchanged().await?;
        return Ok(());
    }
    let change = visit.change(&session.workspace, actor(&user), user.id.as_str());
    change.commit(app, tx, ended_by_its_person(&session.id), Kept::<()>::Secret).await?;
    app.seats.forget(&user.id);
    Ok(())
}

/// The person who calls; nobody when it is a key.
pub(crate) async fn person(call: &Call) -> Result<Option<UserView>, ApiError> {
    let Identity::User(id, _) = &call.caller.identity else { return Ok(None) };
    let mut tx = call.app.db.begin_system_read().await?;
    Ok(users::by_id(&mut tx, id).await?.as_ref().map(view))
}

/// The caller's own sessions that have not ended.
pub(crate) async fn list(call: &Myself) -> Result<Vec<sign_in::Session>, ApiError> {
    let (user, current) = call.me();
    let mut tx = call.app.db.begin_system_read().await?;
    let found = sessions::of_user(&mut tx, user, call.app.clock.now()).await?;
    let view = |session: Session| sign_in::Session {
        current: session.id == *current,
        kind: if session.kind == Kind::Browser { SessionKind::Browser } else { SessionKind::Cli },
        id: session.id,
        client: session.client,
        proof: session.proof,
        workspace: session.workspace,
        created_at: session.created_at,
        refreshed_at: session.refreshed_at,
        ends_at: session.ends_at,
    };
    Ok(found.into_iter().map(view).collect())
}

/// Ends one of the caller's own sessions.
pub(crate) async fn revoke(call: &Myself, id: &str) -> Result<(), ApiError> {
    let (user, _) = call.me();
    let id = SessionId::new(id);
    let mut tx = call.app.db.begin_system_write().await?;
    tx.revision(&call.caller.workspace).await?;
    let found = sessions::by_id(&mut tx, &id).await?.filter(|session| session.user == *user);
    if found.is_none() {
        return Err(ApiError::new(SESSION_NOT_FOUND, "no such session of yours"));
    }
    if !sessions::revoke(&mut tx, user, &id, call.app.clock.now()).await? {
        tx.unchanged().await?;
        call.change.unchanged();
        return Ok(());
    }
    call.change.commit(&call.app, tx, ended_by_its_person(&id), Kept::Answer(204, &())).await?;
    call.app.seats.forget(user);
    Ok(())
}

fn ended_by_its_person(id: &SessionId) -> Deed {
    Deed { action: "session.end", target: format!("session:{id}"), ..Deed::default() }
}

/// A person as the audit log names them.
pub(crate) fn actor(user: &User) -> Actor {
    Actor::User { id: user.id.to_string(), name: user.name.clone() }
}

/// The workspace a person names, by id or name, when they are a member of it.
pub(crate) async fn workspace_named(
    tx: &mut promptsync_store::ReadTx,
    person: &Person,
    name: &str,
) -> Result<WorkspaceId, ApiError> {
    let own = workspaces::list(tx).await?.into_iter().filter(|known| person.workspaces.contains(&known.id));
    let mut named = own.filter(|known| known.id.as_str() == name || known.name.to_string() == name);
    // Somebody else's workspace and one that does not exist are the same to them.
    Ok(named.next().map_or_else(|| WorkspaceId::new("-"), |known| known.id))
}

async fn signed_in(
    app: &App,
    tx: &mut promptsync_store::ReadTx,
    user: &User,
    session: &Session,
    now: Timestamp,
) -> Result<SignedIn, ApiError> {
    let workspace = workspaces::list(tx).await?.into_iter().find(|known| known.id == session.workspace);
    let name = workspace.map_or_else(String::new, |known| known.name.to_string());
    let access_token = app.tokens.issue(&user.id, &session.id, &session.workspace, app.ids.next(), now);
    Ok(SignedIn {
        access_token,
        token_type: "Bearer".to_owned(),
        expires_in: crate::auth::token::LIFETIME,
        refresh_token: None,
        user: view(user),
        workspace: WorkspaceView { id: session.workspace.clone(), name },
    })
}

/// A person as people see them.
pub(crate) fn view(user: &User) -> UserView {
    UserView { id: user.id.clone(), email: user.email.to_string(), name: user.name.clone() }
}

fn stored(kind: SessionKind) -> Kind {
    match kind {
        SessionKind::Browser => Kind::Browser,
        SessionKind::Cli => Kind::Cli,
    }
}

/// What signs in, as one short line.
fn client(visit: &Visit, said: Option<String>) -> String {
    let agent = || visit.headers.get("user-agent").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let text = said.or_else(agent).unwrap_or_default();
    text.chars().filter(|c| !c.is_control()).take(MAX_CLIENT).collect()
}
