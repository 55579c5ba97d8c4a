//! Workspaces without a running server: the first one, and more of them.

use promptsync_core::{ids::WorkspaceId, names::WorkspaceName};
use promptsync_store::{OnUnique as _, StoreError, workspaces};

use crate::{
    App, Config, app,
    keys::{OfflineError, commit},
    start,
};

/// What the first workspace of a server is called.
const FIRST: &str = "default";

/// Makes a workspace with direct access to the database; gives its id. The audit log names the system as the actor.
pub async fn create_offline(config: Config, name: &str) -> Result<String, OfflineError> {
    let app = start::open(config).await?;
    let made = create(&app, name).await;
    app.db.close().await;
    made.map(|id| id.to_string())
}

/// The names of all workspaces, oldest first, with direct access to the database.
pub async fn list_offline(config: Config) -> Result<Vec<(String, WorkspaceName)>, OfflineError> {
    let app = start::open(config).await?;
    let mut tx = app.db.begin_system_read().await?;
    let known = workspaces::list(&mut tx).await?;
    drop(tx);
    app.db.close().await;
    Ok(known.into_iter().map(|workspace| (workspace.id.to_string(), workspace.name)).collect())
}

/// Makes a workspace with an open application.
pub async fn create(app: &App, name: &str) -> Result<WorkspaceId, OfflineError> {
    let name = WorkspaceName::parse(name).map_err(OfflineError::Name)?;
    let mut tx = app.db.begin_system_write().await?;
    let workspace =
        workspaces::Workspace { id: WorkspaceId::new(app.ids.next()), name, created_at: app.clock.now() };
    workspaces::insert(&mut tx, &workspace)
        .await
        .on_unique(|| OfflineError::WorkspaceExists(workspace.name.clone()))?;
    let key = app::signing_keys::first(app, &mut tx, &workspace.id).await?;
    let mut deed = app::workspaces::created(&workspace);
    deed.details.insert("signing_key".to_owned(), serde_json::json!(key.id()));
    commit(app, tx, &workspace.id, deed, None).await?;
    Ok(workspace.id)
}

impl App {
    /// Makes sure that the database has a workspace.
    pub async fn prepare(&self) -> Result<(), StoreError> {
        self.workspace().await.map(|_| ())
    }

    /// The workspace meant where none is named: the oldest one, made when there is none.
    pub(crate) async fn workspace(&self) -> Result<WorkspaceId, StoreError> {
        let mut tx = self.db.begin_system_read().await?;
        let known = workspaces::list(&mut tx).await?;
        drop(tx);
        if let Some(first) = known.into_iter().next() {
            return Ok(first.id);
        }
        match create(self, FIRST).await {
            Ok(id) => Ok(id),
            Err(OfflineError::Store(failure)) => Err(failure),
            // Another server made it at this moment.
            Err(_) => {
                let mut tx = self.db.begin_system_read().await?;
                let first = workspaces::list(&mut tx).await?.into_iter().next();
                first.map(|workspace| workspace.id).ok_or(StoreError::NotFound { what: "workspace" })
            }
        }
    }

    /// The workspace of that name.
    pub(crate) async fn workspace_named(&self, name: &str) -> Result<WorkspaceId, OfflineError> {
        let name = WorkspaceName::parse(name).map_err(OfflineError::Name)?;
        let mut tx = self.db.begin_system_read().await?;
        let found = workspaces::by_name(&mut tx, &name).await?;
        found.map(|workspace| workspace.id).ok_or(OfflineError::NoWorkspace(name))
    }

    /// Whether the database answers, or there is a copy to read from.
    pub(crate) async fn ready(&self) -> Result<(), StoreError> {
        if self.db.reach().is_away() && self.standby().is_some() {
            return Ok(());
        }
        let mut tx = self.db.begin_system_read().await?;
        workspaces::list(&mut tx).await.map(|_| ())
    }
}
