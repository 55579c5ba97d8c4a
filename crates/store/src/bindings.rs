//! Bindings: a role given to a person or a team, in the workspace, a project, a module or one environment.

use promptsync_core::{
    access::{Grant, Permissions, Principal, Scope},
    ids::{BindingId, ProjectId, TeamId, UserId, WorkspaceId},
    names::{AliasName, ModulePath, ProjectName},
    time::Timestamp,
};
use serde_json::Value;
use sqlx::types::Json;

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::{Result, StoreError},
    page::{Page, PageRequest},
    roles::{self, RoleRef},
    rows::lies,
};

/// Who was given a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A person.
    User(UserId),
    /// Everybody in a team.
    Team(TeamId),
}

/// A role given to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Its id.
    pub id: BindingId,
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// Who was given it.
    pub holder: Holder,
    /// The role.
    pub role: RoleRef,
    /// Where it holds.
    pub scope: Scope,
    /// When it was given.
    pub created_at: Timestamp,
}

/// A binding with what it is called and comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// The binding.
    pub binding: Binding,
    /// The person's address, or the team's name.
    pub holder_name: String,
    /// The role's name.
    pub role_name: String,
    /// What the role allows.
    pub permissions: Permissions,
    /// The project's name.
    pub project_name: Option<ProjectName>,
}

#[derive(sqlx::FromRow)]
struct BindingRow {
    id: String,
    workspace_id: String,
    user_id: Option<String>,
    team_id: Option<String>,
    role: String,
    project_id: Option<String>,
    module: Option<String>,
    environment: Option<String>,
    created_at: Timestamp,
    holder_name: Option<String>,
    role_name: Option<String>,
    role_permissions: Option<Json<Value>>,
    project_name: Option<String>,
}

#[derive(sqlx::FromRow)]
struct GrantRow {
    id: String,
    role: String,
    role_name: Option<String>,
    role_permissions: Option<Json<Value>>,
    project_id: Option<String>,
    module: Option<String>,
    environment: Option<String>,
}

/// Gives a role to somebody.
pub async fn insert(tx: &mut Tx, binding: &Binding) -> Result<()> {
    let (user, team) = match &binding.holder {
        Holder::User(user) => (Some(user.as_str()), None),
        Holder::Team(team) => (None, Some(team.as_str())),
    };
    let (project, module, environment) = columns(&binding.scope);
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO bindings (id, workspace_id, user_id, team_id, role, project_id, module, environment,
                                   created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(binding.id.as_str())
        .bind(binding.workspace.as_str())
        .bind(user)
        .bind(team)
        .bind(binding.role.as_str())
        .bind(project)
        .bind(module)
        .bind(environment)
        .bind(binding.created_at)
    )?;
    Ok(())
}

/// Takes a role away again; says whether it was given.
pub async fn remove(tx: &mut Tx, workspace: &WorkspaceId, id: &BindingId) -> Result<bool> {
    let removed = execute!(
        tx,
        sqlx::query("DELETE FROM bindings WHERE workspace_id = $1 AND id = $2")
            .bind(workspace.as_str())
            .bind(id.as_str())
    )?;
    Ok(removed == 1)
}

/// The binding with that id, in that workspace.
pub async fn by_id(tx: &mut ReadTx, workspace: &WorkspaceId, id: &BindingId) -> Result<Option<Described>> {
    let row: Option<BindingRow> = on!(tx, c => sqlx::query_as(
        "SELECT bindings.*, COALESCE(users.email, teams.name) AS holder_name, roles.name AS role_name,
                roles.permissions AS role_permissions, projects.name AS project_name
         FROM bindings
         LEFT JOIN users ON users.id = bindings.user_id
         LEFT JOIN teams ON teams.id = bindings.team_id
         LEFT JOIN roles ON roles.workspace_id = bindings.workspace_id AND roles.id = bindings.role
         LEFT JOIN projects ON projects.id = bindings.project_id
         WHERE bindings.workspace_id = $1 AND bindings.id = $2",
    )
    .bind(workspace.as_str())
    .bind(id.as_str())
    .fetch_optional(c)
    .await)?;
    row.map(Described::try_from).transpose()
}

/// The workspace's bindings, oldest first.
pub async fn list(tx: &mut ReadTx, workspace: &WorkspaceId, page: &PageRequest) -> Result<Page<Described>> {
    let rows: Vec<BindingRow> = on!(tx, c => sqlx::query_as(
        "SELECT bindings.*, COALESCE(users.email, teams.name) AS holder_name, roles.name AS role_name,
                roles.permissions AS role_permissions, projects.name AS project_name
         FROM bindings
         LEFT JOIN users ON users.id = bindings.user_id
         LEFT JOIN teams ON teams.id = bindings.team_id
         LEFT JOIN roles ON roles.workspace_id = bindings.workspace_id AND roles.id = bindings.role
         LEFT JOIN projects ON projects.id = bindings.project_id
         WHERE bindings.workspace_id = $1 AND bindings.id > $2
         ORDER BY bindings.id
         LIMIT $3",
    )
    .bind(workspace.as_str())
    .bind(page.after.as_deref().unwrap_or_default())
    .bind(page.rows())
    .fetch_all(c)
    .await)?;
    page.page(rows, |found: &Described| found.binding.id.to_string())
}

/// What a person may do in a workspace: what they and their teams were given. Somebody who is no member may nothing.
pub async fn principal(tx: &mut ReadTx, workspace: &WorkspaceId, user: &UserId) -> Result<Principal> {
    let rows: Vec<GrantRow> = on!(tx, c => sqlx::query_as(
        "SELECT bindings.id, bindings.role, roles.name AS role_name, roles.permissions AS role_permissions,
                bindings.project_id, bindings.module, bindings.environment
         FROM bindings
         LEFT JOIN roles ON roles.workspace_id = bindings.workspace_id AND roles.id = bindings.role
         WHERE bindings.workspace_id = $1
           AND EXISTS (SELECT 1 FROM members WHERE members.workspace_id = $1 AND members.user_id = $2)
           AND (bindings.user_id = $2 OR bindings.team_id IN (
               SELECT team_id FROM team_members
               WHERE team_members.workspace_id = $1 AND team_members.user_id = $2))
         ORDER BY bindings.id",
    )
    .bind(workspace.as_str())
    .bind(user.as_str())
    .fetch_all(c)
    .await)?;
    let grant = |row: GrantRow| {
        let place = ("bindings", row.id.as_str());
        let (_, _, permissions) = roles::joined(&row.role, row.role_name, row.role_permissions, place)?;
        Ok(Grant { permissions, scope: scope(place, row.project_id, row.module, row.environment)? })
    };
    let grants = rows.into_iter().map(grant).collect::<Result<_>>()?;
    Ok(Principal { workspace: workspace.clone(), grants })
}

/// A scope as three columns hold it.
pub(crate) fn columns(scope: &Scope) -> (Option<&str>, Option<&str>, Option<&str>) {
    let (module, environment) = match scope {
        Scope::Workspace | Scope::Project(_) => (None, None),
        Scope::Module(_, module) => (Some(module.as_str()), None),
        Scope::Environment(_, alias) => (None, Some(alias.as_str())),
    };
    (scope.in_project().map(ProjectId::as_str), module, environment)
}

/// The scope that three columns hold.
pub(crate) fn scope(
    (table, row): (&'static str, &str),
    project: Option<String>,
    module: Option<String>,
    environment: Option<String>,
) -> Result<Scope> {
    match (project.map(ProjectId::new), module, environment) {
        (None, None, None) => Ok(Scope::Workspace),
        (Some(project), None, None) => Ok(Scope::Project(project)),
        (Some(project), Some(module), None) => {
            Ok(Scope::Module(project, ModulePath::parse(&module).map_err(lies(table, "module", row))?))
        }
        (Some(project), None, Some(alias)) => Ok(Scope::Environment(
            project,
            AliasName::parse(&alias).map_err(lies(table, "environment", row))?,
        )),
        _ => Err(lies(table, "project_id", row)(())),
    }
}

impl TryFrom<BindingRow> for Described {
    type Error = StoreError;

    fn try_from(row: BindingRow) -> Result<Self> {
        let id = row.id;
        let place = ("bindings", id.as_str());
        let holder = match (row.user_id, row.team_id) {
            (Some(user), _) => Holder::User(UserId::new(user)),
            (None, Some(team)) => Holder::Team(TeamId::new(team)),
            (None, None) => return Err(lies("bindings", "user_id", &id)(())),
        };
        let (role, role_name, permissions) =
            roles::joined(&row.role, row.role_name, row.role_permissions, place)?;
        let project_name = row.project_name.map(|name| ProjectName::parse(&name)).transpose();
        Ok(Self {
            holder_name: row.holder_name.unwrap_or_default(),
            role_name,
            permissions,
            project_name: project_name.map_err(lies("projects", "name", &id))?,
            binding: Binding {
                holder,
                role,
                scope: scope(place, row.project_id, row.module, row.environment)?,
                workspace: WorkspaceId::new(row.workspace_id),
                created_at: row.created_at,
                id: BindingId::new(id),
            },
        })
    }
}
