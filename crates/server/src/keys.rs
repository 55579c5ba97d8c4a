//! Making an API key without a running server: how the first one comes into the world.

use promptsync_api::keys::CreateKey;
use promptsync_core::{
    audit::{Actor, AuditEntry},
    ids::{ProjectId, WorkspaceId},
    names::{NameError, ProjectName, WorkspaceName},
};
use promptsync_store::{StoreError, Tx, keys, projects};

use crate::{App, Config, StartError, app, start};

/// Something that could not be made without a server.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// The data folder or database cannot be used.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A name is not one.
    #[error("{0}")]
    Name(NameError),
    /// No workspace has that name.
    #[error("no workspace is named `{0}`")]
    NoWorkspace(WorkspaceName),
    /// The name is taken.
    #[error("a workspace named `{0}` exists")]
    WorkspaceExists(WorkspaceName),
    /// The rules refuse it.
    #[error("{0}")]
    Refused(String),
    /// The database refused.
    #[error("it could not be stored")]
    Store(#[from] StoreError),
}

/// Makes a key with direct access to the database, and its project when that does not exist; in the oldest workspace
/// when none is named. Gives the secret, which is stored nowhere. The audit log names the system as the actor.
pub async fn create_offline(
    config: Config,
    workspace: Option<&str>,
    wanted: &CreateKey,
) -> Result<String, OfflineError> {
    let app = start::open(config).await?;
    let made = create(&app, workspace, wanted).await;
    app.db.close().await;
    made
}

/// The same with an open application.
pub async fn create(app: &App, workspace: Option<&str>, wanted: &CreateKey) -> Result<String, OfflineError> {
    let project =
        wanted.project.as_deref().map(ProjectName::parse).transpose().map_err(OfflineError::Name)?;
    let workspace = match workspace {
        Some(name) => app.workspace_named(name).await?,
        None => app.workspace().await?,
    };
    let now = app.clock.now();
    if let Some(name) = &project {
        // A key that is refused leaves no project behind.
        app::keys::check(wanted, now).map_err(refused)?;
        let mut tx = app.db.begin_read(&workspace).await?;
        app::roles::find(&mut tx, &workspace, &wanted.role).await.map_err(refused)?;
        drop(tx);
        find_or_create(app, &workspace, name).await?;
    }
    let mut tx = app.db.begin_write(&workspace).await?;
    let made = app::keys::new(app, &mut tx, &workspace, wanted, Some(Actor::System), now).await;
    let (key, secret) = made.map_err(refused)?;
    keys::insert(&mut tx, &key).await?;
    let deed = app::keys::created(&key);
    let project = key.project_name.as_ref().map(ToString::to_string);
    commit(app, tx, &workspace, deed, project).await?;
    Ok(secret.secret().to_owned())
}

#[expect(clippy::needless_pass_by_value, reason = "the shape `map_err` takes")]
fn refused(error: crate::http::error::ApiError) -> OfflineError {
    OfflineError::Refused(error.detail().to_owned())
}

async fn find_or_create(
    app: &App,
    workspace: &WorkspaceId,
    name: &ProjectName,
) -> Result<ProjectId, StoreError> {
    let mut tx = app.db.begin_write(workspace).await?;
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

pub(crate) async fn commit(
    app: &App,
    tx: Tx,
    workspace: &WorkspaceId,
    deed: app::change::Deed,
    project: Option<String>,
) -> Result<(), StoreError> {
    let entry = AuditEntry {
        project,
        before: deed.before,
        after: deed.after,
        reason: deed.reason,
        ..AuditEntry::of_system(deed.action, deed.target, deed.details, app.clock.now())
    };
    tx.commit(workspace, entry).await.map(|_| ())
}
