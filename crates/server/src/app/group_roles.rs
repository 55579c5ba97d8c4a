//! Roles that groups of the identity provider give in the first workspace. They are set anew at each sign-in; what
//! members gave stays.

use std::collections::BTreeSet;

use promptsync_core::{
    access::Role,
    ids::{BindingId, UserId, WorkspaceId},
};
use promptsync_store::{
    Tx,
    oidc::{self, GroupRole},
    users::{self, User},
};
use serde_json::json;

use super::{
    App,
    change::{Deed, Kept},
    sessions::actor,
};
use crate::{endpoint::Visit, http::error::ApiError};

/// Sets the roles of a member to those of their groups. Somebody who is no member gets none: an admin may have taken
/// them out.
pub(crate) async fn set(
    visit: &Visit,
    user: &User,
    workspace: &WorkspaceId,
    wanted: &BTreeSet<Role>,
) -> Result<(), ApiError> {
    let app = &visit.app;
    let mut tx = app.db.begin_system_write().await?;
    if !users::person(&mut tx, user).await?.workspaces.contains(workspace) {
        return Ok(());
    }
    tx.revision(workspace).await?;
    let current = oidc::roles(&mut tx, workspace, &user.id).await?;
    let before: BTreeSet<Role> = current.iter().map(|given| given.role).collect();
    if before == *wanted {
        return Ok(());
    }
    for given in current.iter().filter(|given| !wanted.contains(&given.role)) {
        oidc::take_role(&mut tx, workspace, &given.id).await?;
    }
    give(app, &mut tx, &user.id, workspace, wanted - &before).await?;
    let deed = Deed {
        action: "member.groups",
        target: format!("user:{}", user.id),
        details: [("before".to_owned(), json!(before)), ("after".to_owned(), json!(wanted))]
            .into_iter()
            .collect(),
        ..Deed::default()
    };
    visit.change(workspace, actor(user), user.id.as_str()).commit(app, tx, deed, Kept::<()>::Secret).await?;
    app.seats.forget(&user.id);
    Ok(())
}

/// Gives roles to a member, in a transaction that the caller ends.
pub(crate) async fn give(
    app: &App,
    tx: &mut Tx,
    user: &UserId,
    workspace: &WorkspaceId,
    roles: BTreeSet<Role>,
) -> Result<(), ApiError> {
    for role in roles {
        let given = GroupRole { id: BindingId::new(app.ids.next()), role };
        oidc::give_role(tx, workspace, user, &given, app.clock.now()).await?;
    }
    Ok(())
}
