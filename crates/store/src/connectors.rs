//! Connectors: other systems that a workspace set up. Credentials go in and come out sealed for their row.

use promptsync_core::{
    connectors::ConnectorKind,
    ids::{ConnectorId, WorkspaceId},
    names::ConnectorName,
    seal::Place,
    secrets::SecretValue,
    time::Timestamp,
};
use serde_json::{Map, Value};
use sqlx::types::Json;

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::{Result, StoreError},
    rows::{from_json, lies},
};

const TABLE: &str = "connectors";
const CREDENTIAL: &str = "credential_sealed";

/// A connector, without its credential.
#[derive(Clone, Debug, PartialEq)]
pub struct Connector {
    /// Its id.
    pub id: ConnectorId,
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// Its name.
    pub name: ConnectorName,
    /// What it leads to.
    pub kind: ConnectorKind,
    /// Where that is; empty for what is not called.
    pub url: String,
    /// How it is used; nothing secret.
    pub settings: Map<String, Value>,
    /// Whether a credential is stored with it; not looked at by [`insert`] and [`update`].
    pub has_credential: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct ConnectorRow {
    id: String,
    workspace_id: String,
    name: String,
    kind: String,
    url: String,
    settings: Value,
    has_credential: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// Creates a connector without a credential. The unique rule is its name in its workspace, without regard to case.
pub async fn insert(tx: &mut Tx, connector: &Connector) -> Result<()> {
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO connectors (id, workspace_id, name, folded_name, kind, url, settings, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(connector.id.as_str())
        .bind(connector.workspace.as_str())
        .bind(connector.name.as_str())
        .bind(connector.name.folded())
        .bind(connector.kind.as_str())
        .bind(&connector.url)
        .bind(Json(&connector.settings))
        .bind(connector.created_at)
        .bind(connector.updated_at)
    )?;
    Ok(())
}

/// Changes where a connector leads and how it is used. Its name and kind stay.
pub async fn update(tx: &mut Tx, connector: &Connector) -> Result<bool> {
    let updated = execute!(
        tx,
        sqlx::query(
            "UPDATE connectors SET url = $3, settings = $4, updated_at = $5
             WHERE workspace_id = $1 AND id = $2",
        )
        .bind(connector.workspace.as_str())
        .bind(connector.id.as_str())
        .bind(&connector.url)
        .bind(Json(&connector.settings))
        .bind(connector.updated_at)
    )?;
    Ok(updated == 1)
}

/// Seals a credential into its row, in place of the one before.
pub async fn set_credential(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    id: &ConnectorId,
    credential: &SecretValue,
) -> Result<()> {
    let sealed = tx.seal(&place(workspace, id), credential.expose().as_bytes()).await?;
    execute!(
        tx,
        sqlx::query("UPDATE connectors SET credential_sealed = $3 WHERE workspace_id = $1 AND id = $2")
            .bind(workspace.as_str())
            .bind(id.as_str())
            .bind(sealed)
    )?;
    Ok(())
}

/// The credential of a connector, opened.
pub async fn credential(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    id: &ConnectorId,
) -> Result<Option<SecretValue>> {
    let sealed: Option<Option<Vec<u8>>> = on!(tx, c => sqlx::query_scalar(
        "SELECT credential_sealed FROM connectors WHERE workspace_id = $1 AND id = $2",
    )
    .bind(workspace.as_str())
    .bind(id.as_str())
    .fetch_optional(c)
    .await)?;
    let Some(sealed) = sealed.flatten() else { return Ok(None) };
    let opened = tx.open(&place(workspace, id), &sealed).await?;
    let text = String::from_utf8(opened).map_err(lies(TABLE, CREDENTIAL, id.as_str()))?;
    Ok(Some(SecretValue::new(text)))
}

/// The connector of that name, spelt exactly so.
pub async fn by_name(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    name: &ConnectorName,
) -> Result<Option<Connector>> {
    let row: Option<ConnectorRow> = on!(tx, c => sqlx::query_as(
        "SELECT id, workspace_id, name, kind, url, settings, credential_sealed IS NOT NULL AS has_credential,
                created_at, updated_at
         FROM connectors
         WHERE workspace_id = $1 AND folded_name = $2 AND name = $3",
    )
    .bind(workspace.as_str())
    .bind(name.folded())
    .bind(name.as_str())
    .fetch_optional(c)
    .await)?;
    row.map(Connector::try_from).transpose()
}

/// The workspace's connectors by name.
pub async fn list(tx: &mut ReadTx, workspace: &WorkspaceId) -> Result<Vec<Connector>> {
    let rows: Vec<ConnectorRow> = on!(tx, c => sqlx::query_as(
        "SELECT id, workspace_id, name, kind, url, settings, credential_sealed IS NOT NULL AS has_credential,
                created_at, updated_at
         FROM connectors
         WHERE workspace_id = $1",
    )
    .bind(workspace.as_str())
    .fetch_all(c)
    .await)?;
    let mut connectors = rows.into_iter().map(Connector::try_from).collect::<Result<Vec<_>>>()?;
    // Sorted here: databases differ in how they sort text.
    connectors.sort_by_key(|connector| connector.name.folded());
    Ok(connectors)
}

/// Deletes a connector that nothing uses; says whether it was there. One in use breaks a rule of the database.
pub async fn delete(tx: &mut Tx, workspace: &WorkspaceId, id: &ConnectorId) -> Result<bool> {
    let deleted = execute!(
        tx,
        sqlx::query("DELETE FROM connectors WHERE workspace_id = $1 AND id = $2")
            .bind(workspace.as_str())
            .bind(id.as_str())
    )?;
    Ok(deleted == 1)
}

fn place<'a>(workspace: &'a WorkspaceId, id: &'a ConnectorId) -> Place<'a> {
    Place { workspace: workspace.as_str(), table: TABLE, column: CREDENTIAL, row: id.as_str() }
}

impl TryFrom<ConnectorRow> for Connector {
    type Error = StoreError;

    fn try_from(row: ConnectorRow) -> Result<Self> {
        let id = row.id;
        Ok(Self {
            name: ConnectorName::parse(&row.name).map_err(lies(TABLE, "name", &id))?,
            kind: ConnectorKind::parse(&row.kind).ok_or(()).map_err(lies(TABLE, "kind", &id))?,
            settings: from_json(row.settings, TABLE, "settings", &id)?,
            id: ConnectorId::new(id),
            workspace: WorkspaceId::new(row.workspace_id),
            url: row.url,
            has_credential: row.has_credential,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}
