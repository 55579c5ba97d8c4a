//! The first user: made with the link that `promptsync serve` prints while there is none.

use promptsync_api::{
    error::{EMAIL, INVALID},
    sign_in::SetUp,
};
use promptsync_core::{
    access::{Role, Scope},
    emails::Email,
    ids::{BindingId, UserId, WorkspaceId},
    login::{Attempt, Proof, Way, decide},
    problem::Problem,
};
use promptsync_store::{
    Tx,
    bindings::{self, Binding, Holder},
    members,
    roles::RoleRef,
    users::{self, User},
};
use serde_json::json;

use super::{
    App,
    change::Deed,
    sessions::{self, Tokens, Welcome},
};
use crate::{endpoint::Visit, http::error::ApiError};

/// The longest name of a person.
const MAX_NAME: usize = 200;

/// Makes the first user: the server's operator, and admin of the first workspace. Works once.
pub(crate) async fn set_up(visit: &Visit, request: SetUp) -> Result<Tokens, ApiError> {
    let app = &visit.app;
    visit.require_own_page_for(request.kind)?;
    let home = app.workspace().await?;
    let genuine = request.token.as_deref().is_some_and(|token| app.is_set_up_token(token));
    let mut tx = app.db.begin_system_read().await?;
    let done = users::any(&mut tx).await?;
    drop(tx);
    let way = |done| Way::SetUp { by: Proof::Password, genuine, done, home: &home };
    let decide = |done| {
        let now = app.clock.now();
        decide(&app.rules(), &Attempt { way: way(done), person: None, wanted: None, now })
    };
    decide(done).map_err(|refusal| app.wrong_code(visit.peer, refusal))?;
    let email = email(&request.email)?;
    let name = name(request.name.as_deref(), &email)?;
    let hash = app.new_password(&request.password, &email).await?;

    let mut tx = app.db.begin_system_write().await?;
    // Of two who use the link at the same moment, the second waits here and then finds the first.
    tx.revision(&home).await?;
    let entry = decide(users::any(&mut tx).await?)?;
    let user = User { operator: true, password_hash: Some(hash), ..new_user(app, email, name) };
    users::insert(&mut tx, &user).await?;
    join(app, &mut tx, &user.id, &home, &RoleRef::BuiltIn(Role::Admin), Scope::Workspace).await?;
    let deed = Deed {
        action: "server.set_up",
        target: format!("user:{}", user.id),
        details: [("email".to_owned(), json!(user.email.as_str()))].into_iter().collect(),
        ..Deed::default()
    };
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

/// Somebody new, without a password.
pub(crate) fn new_user(app: &App, email: Email, name: String) -> User {
    User {
        id: UserId::new(app.ids.next()),
        email,
        name,
        password_hash: None,
        operator: false,
        active: true,
        created_at: app.clock.now(),
        last_login_at: None,
    }
}

/// Makes somebody a member with a role.
pub(crate) async fn join(
    app: &App,
    tx: &mut Tx,
    user: &UserId,
    workspace: &WorkspaceId,
    role: &RoleRef,
    scope: Scope,
) -> Result<(), ApiError> {
    let now = app.clock.now();
    members::insert(tx, workspace, user, now).await?;
    let binding = Binding {
        id: BindingId::new(app.ids.next()),
        workspace: workspace.clone(),
        holder: Holder::User(user.clone()),
        role: role.clone(),
        scope,
        created_at: now,
    };
    bindings::insert(tx, &binding).await?;
    Ok(())
}

/// An address that was typed.
pub(crate) fn email(text: &str) -> Result<Email, ApiError> {
    Email::parse(text).map_err(|error| ApiError::new(EMAIL, error.to_string()))
}

/// What somebody is called: what they say, else their address.
pub(crate) fn name(given: Option<&str>, email: &Email) -> Result<String, ApiError> {
    let name = given.map(str::trim).filter(|name| !name.is_empty()).unwrap_or(email.as_str());
    if name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        let message = format!("a name has at most {MAX_NAME} characters, none of them control characters");
        return Err(ApiError::many(
            INVALID,
            &*message,
            vec![Problem::new("invalid", message.clone()).at_path("name")],
        ));
    }
    Ok(name.to_owned())
}

impl App {
    /// The link to the first user; nothing once there is one. It is the same at every start and on every server that
    /// shares the secret, so nothing has to be stored and a restart does not spoil it.
    pub async fn set_up_link(&self) -> Result<Option<String>, promptsync_store::StoreError> {
        let mut tx = self.db.begin_system_read().await?;
        let done = users::any(&mut tx).await?;
        Ok((!done).then(|| format!("{}/setup#{}", self.public_url(), self.set_up_token())))
    }

    fn set_up_token(&self) -> String {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        URL_SAFE_NO_PAD.encode(self.secret.seal("set_up_link", &[]))
    }

    fn is_set_up_token(&self, given: &str) -> bool {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        URL_SAFE_NO_PAD
            .decode(given)
            .is_ok_and(|bytes| bytes.len() == 32 && self.secret.matches("set_up_link", &[], &bytes))
    }

    /// The answer to a code that was refused; wrong ones are counted.
    pub(crate) fn wrong_code(
        &self,
        peer: Option<std::net::IpAddr>,
        refusal: promptsync_core::login::Refusal,
    ) -> ApiError {
        match refusal {
            refusal @ promptsync_core::login::Refusal::BadCode => self.wrong_secret(peer, refusal.into()),
            other => other.into(),
        }
    }
}
