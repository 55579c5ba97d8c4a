//! Making an API key without a running server: how the first one comes into the world.

use promptsync_api::keys::CreateKey;
use promptsync_core::{
    access::Role,
    audit::{Actor, AuditEntry},
    ids::{ProjectId, WorkspaceId},
    names::{NameError, ProjectName},
};
use promptsync_store::{StoreError, Tx, keys, projects, workspaces};

use crate::{App, Config, StartError, app, start};

/// A key that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// The data folder or database cannot be used.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The project's name is not one.
    #[error("{0}")]
    Name(NameError),
    /// The key's name is empty or too long.
    #[error("a key's name has 1 to 200 characters")]
    KeyName,
    /// The database refused.
    #[error("the key could not be stored")]
    Store(#[from] StoreError),
}

/// Makes a key with direct access to the database, and the project when it does not exist. Gives the secret, which is
/// stored nowhere. The audit log names the system as the actor.
pub async fn create_offline(
    config: Config,
    project: Option<&str>,
    role: Role,
    name: &str,
) -> Result<String, OfflineError> {
    let app = start::open(config).await?;
    let made = create(&app, project, role, name).await;
    app.db.close().await;
    made
}

/// The same with an open application.
pub async fn create(
    app: &App,
    project: Option<&str>,
    role: Role,
    name: &str,
) -> Result<String, OfflineError> {
    let request = CreateKey { name: name.to_owned(), role, project: None, expires_at: None };
    let now = app.clock.now();
    app::keys::check(&request, now).map_err(|_| OfflineError::KeyName)?;
    let project = project.map(ProjectName::parse).transpose().map_err(OfflineError::Name)?;
    let workspace = app.workspace().await?;
    let project = match project {
        Some(name) => Some((find_or_create(app, &workspace, &name).await?, name)),
        None => None,
    };
    let mut tx = app.db.begin_system_write().await?;
    let (key, secret) = app::keys::generate(app, &workspace, project, &request, now);
    keys::insert(&mut tx, &key).await?;
    let deed = app::keys::created(&key);
    let project = key.project_name.as_ref().map(ToString::to_string);
    commit(app, tx, &workspace, deed, project).await?;
    Ok(secret.secret().to_owned())
}

async fn find_or_create(
    app: &App,
    workspace: &WorkspaceId,
    name: &ProjectName,
) -> Result<ProjectId, StoreError> {
    let mut tx = app.db.begin_system_write().await?;
    if let Some(found) = projects::by_name(&mut tx, workspace, name).await? {
        return Ok(found.id);
    }
    let id = ProjectId::new(app.ids.next());
    let project = projects::Project {
        id: id.clone(),
        workspace: workspace.clone(),
        name: name.clone(),
        description: String::new(),
        created_at: app.clock.now(),
        prompt_count: 0,
    };
    projects::insert(&mut tx, &project).await?;
    let deed = app::change::Deed {
        action: "project.create",
        target: format!("project:{name}"),
        ..Default::default()
    };
    commit(app, tx, workspace, deed, Some(name.to_string())).await?;
    Ok(id)
}

async fn commit(
    app: &App,
    tx: Tx,
    workspace: &WorkspaceId,
    deed: app::change::Deed,
    project: Option<String>,
) -> Result<(), StoreError> {
    let entry = AuditEntry {
        action: deed.action.to_owned(),
        actor: Actor::System,
        project,
        target: deed.target,
        before: deed.before,
        after: deed.after,
        reason: deed.reason,
        request_id: None,
        details: deed.details,
        at: app.clock.now(),
    };
    tx.commit(workspace, entry).await.map(|_| ())
}

impl App {
    /// Makes sure that the database has a workspace.
    pub async fn prepare(&self) -> Result<(), StoreError> {
        self.workspace().await.map(|_| ())
    }

    /// The workspace of this server: the first one, made when there is none.
    async fn workspace(&self) -> Result<WorkspaceId, StoreError> {
        let mut tx = self.db.begin_system_read().await?;
        let known = workspaces::list(&mut tx).await?;
        drop(tx);
        if let Some(first) = known.into_iter().next() {
            return Ok(first.id);
        }
        let mut tx = self.db.begin_system_write().await?;
        let workspace = workspaces::Workspace {
            id: WorkspaceId::new(self.ids.next()),
            name: "default".to_owned(),
            created_at: self.clock.now(),
        };
        workspaces::insert(&mut tx, &workspace).await?;
        let deed = app::change::Deed {
            action: "workspace.create",
            target: format!("workspace:{}", workspace.id),
            ..Default::default()
        };
        commit(self, tx, &workspace.id, deed, None).await?;
        Ok(workspace.id)
    }

    /// Whether the database answers.
    pub(crate) async fn ready(&self) -> Result<(), StoreError> {
        let mut tx = self.db.begin_system_read().await?;
        workspaces::list(&mut tx).await.map(|_| ())
    }
}
