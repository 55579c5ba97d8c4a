//! API keys, without their secrets.

use promptsync_core::{
    access::Role,
    ids::{KeyId, ProjectId, WorkspaceId},
    names::ProjectName,
    time::Timestamp,
};

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::{Result, StoreError},
    page::{Page, PageRequest},
    rows::lies,
};

/// An API key.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// Its id.
    pub id: KeyId,
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// The only project it opens; every project of the workspace when absent.
    pub project: Option<ProjectId>,
    /// That project's name; not looked at by [`insert`].
    pub project_name: Option<ProjectName>,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The start of the secret, by which the key is found.
    pub prefix: String,
    /// The keyed hash of the secret.
    pub secret_hash: Vec<u8>,
    /// The end of the secret, for people.
    pub last4: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    id: String,
    workspace_id: String,
    project_id: Option<String>,
    project_name: Option<String>,
    name: String,
    role: String,
    prefix: String,
    secret_hash: Vec<u8>,
    last4: String,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
}

/// Creates a key. The unique rule is its prefix.
pub async fn insert(tx: &mut Tx, key: &Key) -> Result<()> {
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO api_keys (id, workspace_id, project_id, name, role, prefix, secret_hash, last4,
                                   created_at, expires_at, revoked_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(key.id.as_str())
        .bind(key.workspace.as_str())
        .bind(key.project.as_ref().map(ProjectId::as_str))
        .bind(&key.name)
        .bind(key.role.as_str())
        .bind(&key.prefix)
        .bind(&key.secret_hash)
        .bind(&key.last4)
        .bind(key.created_at)
        .bind(key.expires_at)
        .bind(key.revoked_at)
    )?;
    Ok(())
}

/// The key whose secret starts so, revoked and expired ones too. The only look-up without a workspace: it is how
/// one is found.
pub async fn by_prefix(tx: &mut ReadTx, prefix: &str) -> Result<Option<Key>> {
    let row: Option<KeyRow> = on!(tx, c => sqlx::query_as(
        "SELECT api_keys.*, projects.name AS project_name
         FROM api_keys LEFT JOIN projects ON projects.id = api_keys.project_id
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
        "SELECT api_keys.*, projects.name AS project_name
         FROM api_keys LEFT JOIN projects ON projects.id = api_keys.project_id
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
        "SELECT api_keys.*, projects.name AS project_name
         FROM api_keys LEFT JOIN projects ON projects.id = api_keys.project_id
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
        let project_name = row
            .project_name
            .map(|name| ProjectName::parse(&name).map_err(lies("projects", "name", &id)))
            .transpose()?;
        Ok(Self {
            role: Role::parse(&row.role).ok_or(()).map_err(lies("api_keys", "role", &id))?,
            project_name,
            id: KeyId::new(id),
            workspace: WorkspaceId::new(row.workspace_id),
            project: row.project_id.map(ProjectId::new),
            name: row.name,
            prefix: row.prefix,
            secret_hash: row.secret_hash,
            last4: row.last4,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
        })
    }
}
