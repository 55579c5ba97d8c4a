//! Roles that a workspace defined beside the built-in ones.

use promptsync_core::{
    access::{Permissions, Role},
    ids::{RoleId, WorkspaceId},
    names::RoleName,
    time::Timestamp,
};
use serde_json::Value;
use sqlx::types::Json;

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::{Result, StoreError},
    page::{Page, PageRequest},
    rows::{from_json, lies},
};

/// A role as it is given: a built-in one, or one of the workspace's own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoleRef {
    /// It is built in.
    BuiltIn(Role),
    /// The workspace defined it.
    Custom(RoleId),
}

/// A role that a workspace defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomRole {
    /// Its id.
    pub id: RoleId,
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// Its name.
    pub name: RoleName,
    /// What it is for.
    pub description: String,
    /// What it allows.
    pub permissions: Permissions,
    /// When it was defined.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct RoleRow {
    id: String,
    workspace_id: String,
    name: String,
    description: String,
    permissions: Json<Value>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl RoleRef {
    /// As a column holds it: no id of a role is the name of a built-in one.
    pub fn as_str(&self) -> &str {
        match self {
            Self::BuiltIn(role) => role.as_str(),
            Self::Custom(id) => id.as_str(),
        }
    }

    /// What a column says.
    pub(crate) fn read(text: &str) -> Self {
        Role::parse(text).map_or_else(|| Self::Custom(RoleId::new(text)), Self::BuiltIn)
    }
}

/// A role that was read beside something that gives it: what it is called and what it allows. `name` and
/// `permissions` are those of the joined row of `roles`.
pub(crate) fn joined(
    role: &str,
    name: Option<String>,
    permissions: Option<Json<Value>>,
    place: (&'static str, &str),
) -> Result<(RoleRef, String, Permissions)> {
    let (table, row) = place;
    let role = RoleRef::read(role);
    let (name, permissions) = match &role {
        RoleRef::BuiltIn(built_in) => (built_in.as_str().to_owned(), built_in.permissions()),
        RoleRef::Custom(_) => {
            let (name, permissions) = name.zip(permissions).ok_or(()).map_err(lies(table, "role", row))?;
            (name, from_json(permissions.0, "roles", "permissions", role.as_str())?)
        }
    };
    Ok((role, name, permissions))
}

/// Defines a role. The unique rule is its name in its workspace, without regard to case.
pub async fn insert(tx: &mut Tx, role: &CustomRole) -> Result<()> {
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO roles (id, workspace_id, name, folded_name, description, permissions, created_at,
                                updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(role.id.as_str())
        .bind(role.workspace.as_str())
        .bind(role.name.as_str())
        .bind(role.name.folded())
        .bind(&role.description)
        .bind(Json(&role.permissions))
        .bind(role.created_at)
        .bind(role.updated_at)
    )?;
    Ok(())
}

/// Writes what may change of a role: name, description, permissions; says whether it was there.
pub async fn update(tx: &mut Tx, role: &CustomRole) -> Result<bool> {
    let changed = execute!(
        tx,
        sqlx::query(
            "UPDATE roles SET name = $3, folded_name = $4, description = $5, permissions = $6, updated_at = $7
             WHERE workspace_id = $1 AND id = $2",
        )
        .bind(role.workspace.as_str())
        .bind(role.id.as_str())
        .bind(role.name.as_str())
        .bind(role.name.folded())
        .bind(&role.description)
        .bind(Json(&role.permissions))
        .bind(role.updated_at)
    )?;
    Ok(changed == 1)
}

/// Removes a role; says whether it was there. Nothing may give it any more.
pub async fn remove(tx: &mut Tx, workspace: &WorkspaceId, id: &RoleId) -> Result<bool> {
    let removed = execute!(
        tx,
        sqlx::query("DELETE FROM roles WHERE workspace_id = $1 AND id = $2")
            .bind(workspace.as_str())
            .bind(id.as_str())
    )?;
    Ok(removed == 1)
}

/// The role of that name, without regard to case.
pub async fn by_name(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    name: &RoleName,
) -> Result<Option<CustomRole>> {
    let row: Option<RoleRow> = on!(tx, c => sqlx::query_as(
        "SELECT id, workspace_id, name, description, permissions, created_at, updated_at
         FROM roles
         WHERE workspace_id = $1 AND folded_name = $2",
    )
    .bind(workspace.as_str())
    .bind(name.folded())
    .fetch_optional(c)
    .await)?;
    row.map(CustomRole::try_from).transpose()
}

/// The workspace's roles by name.
pub async fn list(tx: &mut ReadTx, workspace: &WorkspaceId, page: &PageRequest) -> Result<Page<CustomRole>> {
    let rows: Vec<RoleRow> = on!(tx, c => sqlx::query_as(
        "SELECT id, workspace_id, name, description, permissions, created_at, updated_at
         FROM roles
         WHERE workspace_id = $1 AND folded_name > $2
         ORDER BY folded_name
         LIMIT $3",
    )
    .bind(workspace.as_str())
    .bind(page.after.as_deref().unwrap_or_default())
    .bind(page.rows())
    .fetch_all(c)
    .await)?;
    page.page(rows, |role: &CustomRole| role.name.folded())
}

/// How many bindings, keys and invitations that still open something give a role.
pub async fn uses(tx: &mut ReadTx, workspace: &WorkspaceId, id: &RoleId) -> Result<i64> {
    Ok(on!(tx, c => sqlx::query_scalar(
        "SELECT (SELECT COUNT(*) FROM bindings WHERE workspace_id = $1 AND role = $2)
              + (SELECT COUNT(*) FROM api_keys WHERE workspace_id = $1 AND role = $2 AND revoked_at IS NULL)
              + (SELECT COUNT(*) FROM invitations WHERE workspace_id = $1 AND role = $2 AND spent_at IS NULL)",
    )
    .bind(workspace.as_str())
    .bind(id.as_str())
    .fetch_one(c)
    .await)?)
}

impl TryFrom<RoleRow> for CustomRole {
    type Error = StoreError;

    fn try_from(row: RoleRow) -> Result<Self> {
        Ok(Self {
            name: RoleName::parse(&row.name).map_err(lies("roles", "name", &row.id))?,
            permissions: from_json(row.permissions.0, "roles", "permissions", &row.id)?,
            id: RoleId::new(row.id),
            workspace: WorkspaceId::new(row.workspace_id),
            description: row.description,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}
