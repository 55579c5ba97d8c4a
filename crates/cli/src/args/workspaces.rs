//! Arguments of `workspace`, `member`, `team` and `role`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use promptsync_core::access::Permission;

/// What can be done with workspaces.
#[derive(Debug, Subcommand)]
pub enum WorkspaceCommand {
    /// Make a workspace
    Create(WorkspaceCreate),
    /// List the workspaces you belong to
    List(WorkspaceList),
    /// Give the workspace you are in another name
    Rename(WorkspaceRename),
}

/// Arguments of `workspace create`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promptsync workspace create acme --data-dir ./data\n  \
    promptsync workspace create acme\n\n\
    Over the network only the server's operator makes workspaces, and becomes their first admin.")]
pub struct WorkspaceCreate {
    /// Its name, unique on the server
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Where the data is, to work without a server.
    #[command(flatten)]
    pub offline: Offline,
}

/// Arguments of `workspace list`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  promptsync workspace list\n  promptsync workspace list --data-dir ./data"
)]
pub struct WorkspaceList {
    /// Where the data is, to work without a server.
    #[command(flatten)]
    pub offline: Offline,
}

/// Arguments of `workspace rename`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  promptsync workspace rename acme apex")]
pub struct WorkspaceRename {
    /// Its present name or id
    #[arg(value_name = "WORKSPACE")]
    pub workspace: String,
    /// Its new name
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// Access to the data without a server.
#[derive(Clone, Debug, Default, Args)]
pub struct Offline {
    /// The server's data folder: work there, without a running server
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// The server's database, when it is not in the data folder [env: DATABASE_URL]
    #[arg(long, value_name = "URL", requires = "data_dir")]
    pub database_url: Option<String>,
}

/// What can be done with members.
#[derive(Debug, Subcommand)]
pub enum MemberCommand {
    /// List the members of the workspace
    List,
    /// Make somebody with an account a member
    #[command(after_help = "Example:\n  promptsync member add ann@example.org")]
    Add(Person),
    /// Take somebody out of the workspace, with everything they were given there
    #[command(after_help = "Example:\n  promptsync member remove ann@example.org")]
    Remove(Person),
}

/// A person.
#[derive(Debug, Args)]
pub struct Person {
    /// The person's address
    #[arg(value_name = "EMAIL")]
    pub email: String,
}

/// What can be done with teams.
#[derive(Debug, Subcommand)]
pub enum TeamCommand {
    /// List the teams and who is in them
    List,
    /// Make a team
    #[command(after_help = "Example:\n  promptsync team create support")]
    Create(Team),
    /// Remove a team, and what its members were given by it
    #[command(after_help = "Example:\n  promptsync team delete support")]
    Delete(Team),
    /// Put a member into a team
    #[command(after_help = "Example:\n  promptsync team add support ann@example.org")]
    Add(TeamMember),
    /// Take somebody out of a team
    #[command(after_help = "Example:\n  promptsync team remove support ann@example.org")]
    Remove(TeamMember),
}

/// A team.
#[derive(Debug, Args)]
pub struct Team {
    /// The team's name
    #[arg(value_name = "TEAM")]
    pub name: String,
}

/// Somebody in a team.
#[derive(Debug, Args)]
pub struct TeamMember {
    /// The team's name
    #[arg(value_name = "TEAM")]
    pub team: String,
    /// The person's address
    #[arg(value_name = "EMAIL")]
    pub email: String,
}

/// What can be done with roles.
#[derive(Debug, Subcommand)]
pub enum RoleCommand {
    /// List the roles and what they allow
    List,
    /// Define a role
    Create(RoleCreate),
    /// Change a role wherever it was given
    Edit(RoleEdit),
    /// Remove a role that nobody has
    #[command(after_help = "Example:\n  promptsync role delete release-manager")]
    Delete(RoleName),
    /// Give a role to a member or a team
    Give(RoleGive),
    /// List who was given which role where
    Given,
    /// Take a role away
    #[command(after_help = "Example:\n  promptsync role take 01JD4X2V8Q6T0B3E5R7Y9ZKMNP")]
    Take(RoleTake),
}

/// Arguments of `role create`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  promptsync role create release-manager --allow read --allow move_alias")]
pub struct RoleCreate {
    /// Its name
    #[arg(value_name = "ROLE")]
    pub name: String,
    /// What it allows; repeat it for several
    #[arg(long = "allow", value_name = "PERMISSION", value_parser = permission, required = true)]
    pub permissions: Vec<Permission>,
    /// What it is for
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub description: String,
}

/// Arguments of `role edit`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  promptsync role edit release-manager --allow read --allow move_alias --allow lock_version"
)]
pub struct RoleEdit {
    /// Its name
    #[arg(value_name = "ROLE")]
    pub name: String,
    /// Another name
    #[arg(long, value_name = "NAME")]
    pub rename: Option<String>,
    /// Everything it allows from now on; repeat it for several
    #[arg(long = "allow", value_name = "PERMISSION", value_parser = permission)]
    pub permissions: Vec<Permission>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
}

/// A role.
#[derive(Debug, Args)]
pub struct RoleName {
    /// The role's name
    #[arg(value_name = "ROLE")]
    pub name: String,
}

/// Arguments of `role give`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  promptsync role give viewer --user ann@example.org\n  \
    promptsync role give editor --team support --project shop --module support\n  \
    promptsync role give approver --user bob@example.org --project shop --environment production\n\n\
    The role holds in the --project it is given for, and in every project when none is named.")]
pub struct RoleGive {
    /// The role's name
    #[arg(value_name = "ROLE")]
    pub role: String,
    /// The member's address
    #[arg(long, value_name = "EMAIL", required_unless_present = "team", conflicts_with = "team")]
    pub user: Option<String>,
    /// The team's name
    #[arg(long, value_name = "TEAM")]
    pub team: Option<String>,
    /// The only module of the --project it holds in
    #[arg(long, value_name = "PATH", conflicts_with = "environment")]
    pub module: Option<String>,
    /// The only alias of the --project it holds for
    #[arg(long, value_name = "ALIAS")]
    pub environment: Option<String>,
}

/// Arguments of `role take`.
#[derive(Debug, Args)]
pub struct RoleTake {
    /// The id from `promptsync role given`
    #[arg(value_name = "ID")]
    pub id: String,
}

fn permission(text: &str) -> Result<Permission, String> {
    Permission::parse(text).ok_or_else(|| {
        let known: Vec<_> = Permission::ALL.iter().map(|permission| permission.as_str()).collect();
        format!("expected one of {}", known.join(", "))
    })
}
