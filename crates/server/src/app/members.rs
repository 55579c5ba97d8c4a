//! Members: who belongs to the workspace. Whoever leaves it loses what they were given there at once.

use promptsync_api::{
    error::{INSUFFICIENT_SCOPE, LAST_ADMIN, MEMBER_NOT_FOUND, USER_NOT_FOUND},
    members::{AddMember, Member},
    page::Page,
};
use promptsync_core::{access::can_give, emails::Email, ids::WorkspaceId};
use promptsync_store::{ReadTx, Tx, bindings, members, users};
use serde_json::{Map, json};

use super::{
    change::{Deed, Kept},
    pages::{self, Paging},
};
use crate::{endpoint::Call, http::error::ApiError};

/// The members of the workspace.
pub(crate) async fn list(call: &Call, paging: &Paging) -> Result<Page<Member>, ApiError> {
    let workspace = &call.caller.workspace;
    let list = format!("members:{workspace}");
    let mut tx = call.app.db.begin_read(workspace).await?;
    let page = members::list(&mut tx, workspace, &paging.request(&call.app, &list)?).await?;
    Ok(pages::answer(&call.app, &list, page, view))
}

/// Makes somebody with an account a member. They may do nothing there until they are given a role.
pub(crate) async fn add(call: &Call, request: AddMember) -> Result<(Member, bool), ApiError> {
    let (app, workspace) = (&call.app, &call.caller.workspace);
    let unknown = || {
        ApiError::new(USER_NOT_FOUND, "nobody with this address has an account here")
            .hint("`promptsync invite` makes an invitation for them")
    };
    let email = Email::parse(&request.email).map_err(|_| unknown())?;
    let mut tx = app.db.begin_write(workspace).await?;
    tx.revision(workspace).await?;
    let user = users::by_email(&mut tx, &email).await?.filter(|user| user.active).ok_or_else(unknown)?;
    let added = members::insert(&mut tx, workspace, &user.id, app.clock.now()).await?;
    let answer = view(find(&mut tx, workspace, user.id.as_str()).await?);
    if !added {
        tx.unchanged().await?;
        call.change.unchanged();
        return Ok((answer, false));
    }
    let deed = Deed {
        action: "member.add",
        target: format!("user:{}", user.id),
        details: Map::from_iter([("email".to_owned(), json!(answer.email))]),
        ..Deed::default()
    };
    call.change.commit(app, tx, deed, Kept::Answer(201, &answer)).await?;
    app.seats.forget(&user.id);
    Ok((answer, true))
}

/// Takes somebody out of the workspace, with everything they were given there.
pub(crate) async fn remove(call: &Call, id_or_email: &str) -> Result<(), ApiError> {
    let (app, workspace) = (&call.app, &call.caller.workspace);
    let mut tx = app.db.begin_write(workspace).await?;
    tx.revision(workspace).await?;
    let member = find(&mut tx, workspace, id_or_email).await?;
    let had = bindings::principal(&mut tx, workspace, &member.user).await?;
    if !had.grants.iter().all(|grant| can_give(&call.caller.principal, grant)) {
        return Err(ApiError::new(INSUFFICIENT_SCOPE, "they were given more than you could give or take"));
    }
    let guard = Admins::before(&mut tx, workspace).await?;
    members::remove(&mut tx, workspace, &member.user).await?;
    guard.check(&mut tx, workspace).await?;
    let deed = Deed {
        action: "member.remove",
        target: format!("user:{}", member.user),
        details: Map::from_iter([("email".to_owned(), json!(member.email))]),
        ..Deed::default()
    };
    call.change.commit(app, tx, deed, Kept::Answer(204, &())).await?;
    app.seats.forget(&member.user);
    Ok(())
}

/// A member of the workspace, by id or address.
pub(crate) async fn find(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    id_or_email: &str,
) -> Result<members::Member, ApiError> {
    let found = members::find(tx, workspace, id_or_email).await?;
    found
        .ok_or_else(|| ApiError::new(MEMBER_NOT_FOUND, "nobody of that address is a member of the workspace"))
}

/// Whether a workspace has an admin among its people, before a change that may take the last one away.
pub(crate) struct Admins(bool);

impl Admins {
    /// Looks before the change.
    pub(crate) async fn before(tx: &mut ReadTx, workspace: &WorkspaceId) -> Result<Self, ApiError> {
        Ok(Self(!members::admins(tx, workspace).await?.is_empty()))
    }

    /// Refuses the change when nobody is left. A workspace that only keys administer has nobody to lose.
    pub(crate) async fn check(self, tx: &mut Tx, workspace: &WorkspaceId) -> Result<(), ApiError> {
        if self.0 && members::admins(tx, workspace).await?.is_empty() {
            return Err(ApiError::new(LAST_ADMIN, "nobody would be left to administer the workspace")
                .hint("give somebody else the role admin in the workspace first"));
        }
        Ok(())
    }
}

fn view(member: members::Member) -> Member {
    Member {
        id: member.user,
        email: member.email,
        name: member.name,
        active: member.active,
        created_at: member.created_at,
    }
}
