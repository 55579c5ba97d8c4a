//! Linking somebody who is signed in here to who they are at the provider.

use promptsync_api::error::{IDENTITY_IN_USE, UNAUTHENTICATED};
use promptsync_core::ids::UserId;
use promptsync_store::{OnUnique as _, identities, identities::Identity, users};
use serde_json::json;

use super::Returned;
use crate::{
    app::{
        change::{Deed, Kept},
        sessions::actor,
    },
    http::error::ApiError,
};

/// Links. The browser was sent away by this user, in a session of theirs.
pub(super) async fn link(returned: &Returned<'_>, user: &UserId) -> Result<(), ApiError> {
    let (visit, app) = (returned.visit, &returned.visit.app);
    let (issuer, subject) = (returned.issuer, &returned.person.subject);
    let mut tx = app.db.begin_system_write().await?;
    let user = users::by_id(&mut tx, user).await?.filter(|user| user.active);
    let user = user.ok_or_else(|| ApiError::new(UNAUTHENTICATED, "this account is switched off"))?;
    let person = users::person(&mut tx, &user).await?;
    let home = match person.workspaces.first() {
        Some(workspace) => workspace.clone(),
        None => return Err(ApiError::new(UNAUTHENTICATED, "this account belongs to no workspace")),
    };
    tx.revision(&home).await?;
    returned.spend(&mut tx).await?;
    match identities::user(&mut tx, issuer, subject).await? {
        Some(linked) if linked == user.id => {
            tx.unchanged().await?;
            visit.unchanged();
            return Ok(());
        }
        Some(_) => return Err(in_use()),
        None => {}
    }
    let identity = Identity {
        issuer: issuer.to_owned(),
        subject: subject.clone(),
        user: user.id.clone(),
        created_at: app.clock.now(),
    };
    identities::insert(&mut tx, &identity).await.on_unique(in_use)?;
    let deed = Deed {
        action: "identity.link",
        target: format!("user:{}", user.id),
        details: [("issuer".to_owned(), json!(issuer))].into_iter().collect(),
        ..Deed::default()
    };
    let change = visit.change(&home, actor(&user), user.id.as_str());
    change.commit(app, tx, deed, Kept::<()>::Secret).await?;
    Ok(())
}

/// The answer when an identity is somebody else's.
pub(super) fn in_use() -> ApiError {
    ApiError::new(IDENTITY_IN_USE, "your account at the identity provider belongs to somebody else here")
        .hint("sign in with it, or with another one")
}
