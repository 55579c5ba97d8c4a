//! Projects: one application's prompts.

use promptsync_core::{
    ids::{ProjectId, WorkspaceId},
    names::ProjectName,
    time::Timestamp,
};

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::{Result, StoreError},
    page::{Page, PageRequest},
    rows::lies,
};

/// A project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// Its name.
    pub name: ProjectName,
    /// What it is for.
    pub description: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// How many prompts it has; not looked at by [`insert`].
    pub prompt_count: i64,
}

#[derive(sqlx::FromRow)]
struct ProjectRow {
    id: String,
    workspace_id: String,
    name: String,
    description: String,
    created_at: Timestamp,
    prompt_count: i64,
}

/// Creates a project. The unique rule is its name in its workspace, without regard to case.
pub async fn insert(tx: &mut Tx, project: &Project) -> Result<()> {
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO projects (id, workspace_id, name, folded_name, description, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(project.id.as_str())
        .bind(project.workspace.as_str())
        .bind(project.name.as_str())
        .bind(project.name.folded())
        .bind(&project.description)
        .bind(project.created_at)
    )?;
    Ok(())
}

/// The project of that name, spelt exactly so.
pub async fn by_name(
    tx: &mut ReadTx,
    workspace: &WorkspaceId,
    name: &ProjectName,
) -> Result<Option<Project>> {
    let row: Option<ProjectRow> = on!(tx, c => sqlx::query_as(
        "SELECT projects.id, projects.workspace_id, projects.name, projects.description, projects.created_at,
                (SELECT COUNT(*) FROM prompts WHERE prompts.project_id = projects.id) AS prompt_count
         FROM projects
         WHERE projects.workspace_id = $1 AND projects.folded_name = $2 AND projects.name = $3",
    )
    .bind(workspace.as_str())
    .bind(name.folded())
    .bind(name.as_str())
    .fetch_optional(c)
    .await)?;
    row.map(Project::try_from).transpose()
}

/// The project with that id, in that workspace.
pub async fn by_id(tx: &mut ReadTx, workspace: &WorkspaceId, id: &ProjectId) -> Result<Option<Project>> {
    let row: Option<ProjectRow> = on!(tx, c => sqlx::query_as(
        "SELECT projects.id, projects.workspace_id, projects.name, projects.description, projects.created_at,
                (SELECT COUNT(*) FROM prompts WHERE prompts.project_id = projects.id) AS prompt_count
         FROM projects
         WHERE projects.workspace_id = $1 AND projects.id = $2",
    )
    .bind(workspace.as_str())
    .bind(id.as_str())
    .fetch_optional(c)
    .await)?;
    row.map(Project::try_from).transpose()
}

/// The id and the name of every project of the workspace.
pub async fn names(tx: &mut ReadTx, workspace: &WorkspaceId) -> Result<Vec<(ProjectId, ProjectName)>> {
    let rows: Vec<(String, String)> = on!(tx, c => sqlx::query_as(
        "SELECT id, name FROM projects WHERE workspace_id = $1",
    )
    .bind(workspace.as_str())
    .fetch_all(c)
    .await)?;
    let read = |(id, name): (String, String)| {
        Ok((ProjectId::new(&id), ProjectName::parse(&name).map_err(lies("projects", "name", &id))?))
    };
    rows.into_iter().map(read).collect()
}

/// The workspace's projects by name.
pub async fn list(tx: &mut ReadTx, workspace: &WorkspaceId, page: &PageRequest) -> Result<Page<Project>> {
    let rows: Vec<ProjectRow> = on!(tx, c => sqlx::query_as(
        "SELECT projects.id, projects.workspace_id, projects.name, projects.description, projects.created_at,
                (SELECT COUNT(*) FROM prompts WHERE prompts.project_id = projects.id) AS prompt_count
         FROM projects
         WHERE projects.workspace_id = $1 AND projects.folded_name > $2
         ORDER BY projects.folded_name
         LIMIT $3",
    )
    .bind(workspace.as_str())
    .bind(page.after.as_deref().unwrap_or_default())
    .bind(page.rows())
    .fetch_all(c)
    .await)?;
    page.page(rows, |project: &Project| project.name.folded())
}

impl TryFrom<ProjectRow> for Project {
    type Error = StoreError;

    fn try_from(row: ProjectRow) -> Result<Self> {
        Ok(Self {
            name: ProjectName::parse(&row.name).map_err(lies("projects", "name", &row.id))?,
            id: ProjectId::new(row.id),
            workspace: WorkspaceId::new(row.workspace_id),
            description: row.description,
            created_at: row.created_at,
            prompt_count: row.prompt_count,
        })
    }
}
