//! One-time links: into a workspace with a role, or to a new password.

use promptsync_core::{
    emails::Email,
    ids::{InvitationId, ProjectId, UserId, WorkspaceId},
    login::Code,
    time::Timestamp,
};

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::{Result, StoreError},
    page::{Page, PageRequest},
    roles::RoleRef,
    rows::lies,
};

/// An invitation; without a role, the right of one person to set a new password.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// The workspace it leads into.
    pub workspace: WorkspaceId,
    /// The keyed hash of its token.
    pub token_hash: Vec<u8>,
    /// Whom it was made for.
    pub email: Email,
    /// The person, when they are a user already and only they may use it.
    pub user: Option<UserId>,
    /// The role they get.
    pub role: Option<RoleRef>,
    /// The only project they get it in; the workspace when absent.
    pub project: Option<ProjectId>,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When it was used or withdrawn.
    pub spent_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct InvitationRow {
    id: String,
    workspace_id: String,
    token_hash: Vec<u8>,
    email: String,
    user_id: Option<String>,
    role: Option<String>,
    project_id: Option<String>,
    created_by: String,
    created_at: Timestamp,
    expires_at: Timestamp,
    spent_at: Option<Timestamp>,
}

impl Invitation {
    /// What the login policy needs to know about it.
    pub fn code(&self) -> Code {
        Code {
            workspace: self.workspace.clone(),
            person: self.user.clone(),
            expires_at: self.expires_at,
            spent: self.spent_at.is_some(),
        }
    }
}

/// Keeps an invitation.
pub async fn insert(tx: &mut Tx, invitation: &Invitation) -> Result<()> {
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO invitations (id, workspace_id, token_hash, email, user_id, role, project_id,
                                      created_by, created_at, expires_at, spent_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(invitation.id.as_str())
        .bind(invitation.workspace.as_str())
        .bind(&invitation.token_hash)
        .bind(invitation.email.as_str())
        .bind(invitation.user.as_ref().map(UserId::as_str))
        .bind(invitation.role.as_ref().map(RoleRef::as_str))
        .bind(invitation.project.as_ref().map(ProjectId::as_str))
        .bind(&invitation.created_by)
        .bind(invitation.created_at)
        .bind(invitation.expires_at)
        .bind(invitation.spent_at)
    )?;
    Ok(())
}

/// The invitation with that token, spent and expired ones too. The workspace is found by it.
pub async fn by_token(tx: &mut ReadTx, token_hash: &[u8]) -> Result<Option<Invitation>> {
    let row: Option<InvitationRow> = on!(tx, c => sqlx::query_as(
        "SELECT id, workspace_id, token_hash, email, user_id, role, project_id, created_by, created_at,
                expires_at, spent_at
         FROM invitations
         WHERE token_hash = $1",
    )
    .bind(token_hash)
    .fetch_optional(c)
    .await)?;
    row.map(Invitation::try_from).transpose()
}

/// The workspace's invitations that still wait, oldest first; not the rights to set a password.
pub async fn list(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    now: Timestamp,
    page: &PageRequest,
) -> Result<Page<Invitation>> {
    let rows: Vec<InvitationRow> = on!(tx, c => sqlx::query_as(
        "SELECT id, workspace_id, token_hash, email, user_id, role, project_id, created_by, created_at,
                expires_at, spent_at
         FROM invitations
         WHERE workspace_id = $1 AND id > $2 AND spent_at IS NULL AND role IS NOT NULL AND expires_at > $3
         ORDER BY id
         LIMIT $4",
    )
    .bind(workspace.as_str())
    .bind(page.after.as_deref().unwrap_or_default())
    .bind(now)
    .bind(page.rows())
    .fetch_all(c)
    .await)?;
    page.page(rows, |invitation: &Invitation| invitation.id.to_string())
}

/// Marks an invitation as used or withdrawn; says whether it was not before.
pub async fn spend(tx: &mut Tx, workspace: &WorkspaceId, id: &InvitationId, now: Timestamp) -> Result<bool> {
    let spent = execute!(
        tx,
        sqlx::query(
            "UPDATE invitations SET spent_at = $3
             WHERE workspace_id = $1 AND id = $2 AND spent_at IS NULL",
        )
        .bind(workspace.as_str())
        .bind(id.as_str())
        .bind(now)
    )?;
    Ok(spent == 1)
}

/// Withdraws every right of a person to set a new password.
pub async fn spend_resets(tx: &mut Tx, user: &UserId, now: Timestamp) -> Result<()> {
    execute!(
        tx,
        sqlx::query(
            "UPDATE invitations SET spent_at = $2
             WHERE user_id = $1 AND role IS NULL AND spent_at IS NULL",
        )
        .bind(user.as_str())
        .bind(now)
    )?;
    Ok(())
}

impl std::fmt::Debug for Invitation {
    /// Leaves the hash and the address out, so that they cannot reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invitation").field("id", &self.id).finish_non_exhaustive()
    }
}

impl TryFrom<InvitationRow> for Invitation {
    type Error = StoreError;

    fn try_from(row: InvitationRow) -> Result<Self> {
        Ok(Self {
            email: Email::parse(&row.email).map_err(lies("invitations", "email", &row.id))?,
            id: InvitationId::new(row.id),
            workspace: WorkspaceId::new(row.workspace_id),
            token_hash: row.token_hash,
            user: row.user_id.map(UserId::new),
            role: row.role.as_deref().map(RoleRef::read),
            project: row.project_id.map(ProjectId::new),
            created_by: row.created_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
            spent_at: row.spent_at,
        })
    }
}
