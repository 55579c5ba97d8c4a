//! People without a running server: the way back in for an operator who lost their password.

use promptsync_core::{emails::Email, ids::InvitationId};
use promptsync_store::{invitations, users};

use crate::{
    App, Config, app,
    auth::one_time::{self, Purpose},
    keys::{OfflineError, commit},
    start,
};

/// Makes a link to a new password with direct access to the database. Whoever has that could do anything anyway. The
/// audit log names the system as the actor.
pub async fn offer_reset_offline(config: Config, email: &str) -> Result<String, OfflineError> {
    let app = start::open(config).await?;
    let made = offer_reset(&app, email).await;
    app.db.close().await;
    made
}

async fn offer_reset(app: &App, email: &str) -> Result<String, OfflineError> {
    let refused = |why: &str| OfflineError::Refused(why.to_owned());
    let email = Email::parse(email).map_err(|error| refused(&error.to_string()))?;
    let mut tx = app.db.begin_system_write().await?;
    let user =
        users::by_email(&mut tx, &email).await?.ok_or_else(|| refused("nobody has this address here"))?;
    let person = users::person(&mut tx, &user).await?;
    let workspace = person.workspaces.first().cloned();
    let workspace = workspace.ok_or_else(|| refused("this person is in no workspace"))?;
    let now = app.clock.now();
    let token = one_time::generate(Purpose::Link, &*app.random);
    let row = invitations::Invitation {
        id: InvitationId::new(app.ids.next()),
        workspace: workspace.clone(),
        token_hash: one_time::hash(Purpose::Link, &app.secret, &token).to_vec(),
        email: user.email.clone(),
        user: Some(user.id.clone()),
        role: None,
        project: None,
        created_by: "system".to_owned(),
        created_at: now,
        expires_at: now + app::resets::LIFETIME,
        spent_at: None,
    };
    invitations::spend_resets(&mut tx, &user.id, now).await?;
    invitations::insert(&mut tx, &row).await?;
    let deed = app::change::Deed {
        action: "password.offer_reset",
        target: format!("user:{}", user.id),
        ..Default::default()
    };
    commit(app, tx, &workspace, deed, None).await?;
    Ok(format!("{}/invitation#{token}", app.public_url()))
}
