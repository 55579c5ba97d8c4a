//! API keys, without their secrets.

use promptsync_core::{
    access::{Permissions, Scope},
    audit::Actor,
    ids::{KeyId, ProjectId, WorkspaceId},
    names::ProjectName,
    time::Timestamp,
};
use serde_json::Value;
use sqlx::types::Json;

use crate::{
    bindings::{columns, scope},
    conn::{Db, ReadTx, Tx, execute, on},
    error::{Result, StoreError},
    page::{Page, PageRequest},
    roles::{self, RoleRef},
    rows::{from_json, lies},
};

/// An API key.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// Its id.
    pub id: KeyId,
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// What it opens.
    pub scope: Scope,
    /// The name of the project in its scope; not looked at by [`insert`].
    pub project_name: Option<ProjectName>,
    /// What it is for.
    pub name: String,
    /// Its role.
    pub role: RoleRef,
    /// The role's name; not looked at by [`insert`].
    pub role_name: String,
    /// What the role allows; not looked at by [`insert`].
    pub permissions: Permissions,
    /// The start of the secret, by which the key is found.
    pub prefix: String,
    /// The keyed hash of the secret.
    pub secret_hash: Vec<u8>,
    /// The end of the secret, for people.
    pub last4: String,
    /// Who made it.
    pub created_by: Option<Actor>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it starts to work.
    pub not_before: Option<Timestamp>,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it got a new secret.
    pub rotated_at: Option<Timestamp>,
    /// The keyed hash of the secret before, and until when that opens the key too.
    pub previous: Option<(Vec<u8>, Timestamp)>,
    /// When it was used last, to the minute.
    pub last_used_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    id: String,
    workspace_id: String,
    project_id: Option<String>,
    module: Option<String>,
    environment: Option<String>,
    project_name: Option<String>,
    name: String,
    role: String,
    role_name: Option<String>,
    role_permissions: Option<Json<Value>>,
    prefix: String,
    secret_hash: Vec<u8>,
    last4: String,
    created_by: Option<Json<Value>>,
    created_at: Timestamp,
    not_before: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    rotated_at: Option<Timestamp>,
    previous_hash: Option<Vec<u8>>,
    previous_until: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
}

/// Creates a key. The unique rule is its prefix.
pub async fn insert(tx: &mut Tx, key: &Key) -> Result<()> {
    let (project, module, environment) = columns(&key.scope);
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO api_keys (id, workspace_id, project_id, module, environment, name, role, prefix,
                                   secret_hash, last4, created_by, created_at, not_before, expires_at, revoked_at,
                                   rotated_at, previous_hash, previous_until, last_used_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
        )
        .bind(key.id.as_str())
        .bind(key.workspace.as_str())
        .bind(project)
        .bind(module)
        .bind(environment)
        .bind(&key.name)
        .bind(key.role.as_str())
        .bind(&key.prefix)
        .bind(&key.secret_hash)
        .bind(&key.last4)
        .bind(key.created_by.as_ref().map(Json))
        .bind(key.created_at)
        .bind(key.not_before)
        .bind(key.expires_at)
        .bind(key.revoked_at)
        .bind(key.rotated_at)
        .bind(key.previous.as_ref().map(|(hash, _)| hash))
        .bind(key.previous.as_ref().map(|(_, until)| *until))
        .bind(key.last_used_at)
    )?;
    Ok(())
}

/// The key whose secret starts so, revoked and expired ones too. The only look-up without a workspace: it is how
/// one is found.
pub async fn by_prefix(tx: &mut ReadTx, prefix: &str) -> Result<Option<Key>> {
    let row: Option<KeyRow> = on!(tx, c => sqlx::query_as(
        "SELECT api_keys.*, projects.name AS project_name, roles.name AS role_name,
                roles.permissions AS role_permissions
         FROM api_keys
         LEFT JOIN projects ON projects.id = api_keys.project_id
         LEFT JOIN roles ON roles.workspace_id = api_keys.workspace_id AND roles.id = api_keys.role
         WHERE api_keys.prefix = $1",
    )
    .bind(prefix)
    .fetch_optional(c)
    .await)?;
    row.map(Key::try_from).transpose()
}

/// The key with that id, in that workspace.
pub async fn by_id(tx: &mut ReadTx, workspace: &WorkspaceId, id: &KeyId) -> Result<Option<Key>> {
    let row: Option<KeyRow> = on!(tx, c => sqlx::query_as(
        "SELECT api_keys.*, projects.name AS project_name, roles.name AS role_name,
                roles.permissions AS role_permissions
         FROM api_keys
         LEFT JOIN projects ON projects.id = api_keys.project_id
         LEFT JOIN roles ON roles.workspace_id = api_keys.workspace_id AND roles.id = api_keys.role
         WHERE api_keys.workspace_id = $1 AND api_keys.id = $2",
    )
    .bind(workspace.as_str())
    .bind(id.as_str())
    .fetch_optional(c)
    .await)?;
    row.map(Key::try_from).transpose()
}

/// The workspace's keys, oldest first.
pub async fn list(tx: &mut ReadTx, workspace: &WorkspaceId, page: &PageRequest) -> Result<Page<Key>> {
    let rows: Vec<KeyRow> = on!(tx, c => sqlx::query_as(
        "SELECT api_keys.*, projects.name AS project_name, roles.name AS role_name,
                roles.permissions AS role_permissions
         FROM api_keys
         LEFT JOIN projects ON projects.id = api_keys.project_id
         LEFT JOIN roles ON roles.workspace_id = api_keys.workspace_id AND roles.id = api_keys.role
         WHERE api_keys.workspace_id = $1 AND api_keys.id > $2
         ORDER BY api_keys.id
         LIMIT $3",
    )
    .bind(workspace.as_str())
    .bind(page.after.as_deref().unwrap_or_default())
    .bind(page.rows())
    .fetch_all(c)
    .await)?;
    page.page(rows, |key: &Key| key.id.to_string())
}

/// Revokes a key; says whether it was there and not revoked before.
pub async fn revoke(tx: &mut Tx, workspace: &WorkspaceId, id: &KeyId, now: Timestamp) -> Result<bool> {
    let revoked = execute!(
        tx,
        sqlx::query(
            "UPDATE api_keys SET revoked_at = $3
             WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL",
        )
        .bind(workspace.as_str())
        .bind(id.as_str())
        .bind(now)
    )?;
    Ok(revoked == 1)
}

/// Gives a key that is not revoked a new secret; the old one opens it until a moment. Says whether it was there. The
/// part a key is found by stays.
pub async fn rotate(
    tx: &mut Tx,
    key: &Key,
    hash: &[u8],
    last4: &str,
    until: Timestamp,
    now: Timestamp,
) -> Result<bool> {
    let rotated = execute!(
        tx,
        sqlx::query(
            "UPDATE api_keys
             SET secret_hash = $3, last4 = $4, previous_hash = $5, previous_until = $6, rotated_at = $7
             WHERE workspace_id = $1 AND id = $2 AND secret_hash = $5 AND revoked_at IS NULL",
        )
        .bind(key.workspace.as_str())
        .bind(key.id.as_str())
        .bind(hash)
        .bind(last4)
        .bind(&key.secret_hash)
        .bind(until)
        .bind(now)
    )?;
    Ok(rotated == 1)
}

/// Notes when keys were used. A use is a fact about a request and no change, so it has no audit entry; an older
/// moment never replaces a newer one.
pub async fn note_uses(db: &Db, uses: &[(KeyId, Timestamp)]) -> Result<()> {
    let mut tx = db.begin_system_write().await?;
    for (id, at) in uses {
        execute!(
            tx,
            sqlx::query(
                "UPDATE api_keys SET last_used_at = $2
                 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)",
            )
            .bind(id.as_str())
            .bind(*at)
        )?;
    }
    tx.commit_facts().await
}

impl std::fmt::Debug for Key {
    /// Leaves the hash out, so that it cannot reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

impl TryFrom<KeyRow> for Key {
    type Error = StoreError;

    fn try_from(row: KeyRow) -> Result<Self> {
        let id = row.id;
        let place = ("api_keys", id.as_str());
        let project_name = row
            .project_name
            .map(|name| ProjectName::parse(&name).map_err(lies("projects", "name", &id)))
            .transpose()?;
        let created_by = row.created_by.map(|json| from_json(json.0, "api_keys", "created_by", &id));
        let (role, role_name, permissions) =
            roles::joined(&row.role, row.role_name, row.role_permissions, place)?;
        Ok(Self {
            scope: scope(place, row.project_id, row.module, row.environment)?,
            role,
            role_name,
            permissions,
            project_name,
            created_by: created_by.transpose()?,
            id: KeyId::new(id),
            workspace: WorkspaceId::new(row.workspace_id),
            name: row.name,
            prefix: row.prefix,
            secret_hash: row.secret_hash,
            last4: row.last4,
            created_at: row.created_at,
            not_before: row.not_before,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            rotated_at: row.rotated_at,
            previous: row.previous_hash.zip(row.previous_until),
            last_used_at: row.last_used_at,
        })
    }
}

impl Key {
    /// The only project it opens; none when that is every project of the workspace.
    pub fn project(&self) -> Option<&ProjectId> {
        self.scope.in_project()
    }
}
