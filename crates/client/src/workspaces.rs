//! Workspaces, and who may do what in one: members, teams, roles.

use promptsync_api::{
    bindings::{Binding, GiveRole},
    members::{AddMember, Member},
    page::Page,
    roles::{CreateRole, EditRole, Role},
    teams::{CreateTeam, Team},
    workspaces::{NameWorkspace, Workspace},
};
use reqwest::Method;

use crate::{Client, ClientError, requests::with_body};

impl Client {
    /// The workspaces the caller belongs to.
    pub async fn workspaces(&self) -> Result<Vec<Workspace>, ClientError> {
        // Somebody belongs to few workspaces: they come in one page.
        let page: Page<Workspace> = self.answer(self.get(&["api", "workspaces"])).await?;
        Ok(page.items)
    }

    /// Makes a workspace; for the server's operator.
    pub async fn create_workspace(&self, request: &NameWorkspace) -> Result<Workspace, ClientError> {
        self.answer(with_body(self.request(Method::POST, &["api", "workspaces"]), request)).await
    }

    /// Gives the caller's workspace another name.
    pub async fn rename_workspace(
        &self,
        workspace: &str,
        request: &NameWorkspace,
    ) -> Result<Workspace, ClientError> {
        self.answer(with_body(self.request(Method::PUT, &["api", "workspaces", workspace]), request)).await
    }

    /// The members of the workspace.
    pub async fn members(&self) -> Result<Vec<Member>, ClientError> {
        self.all(&["api", "members"], &[]).await
    }

    /// Makes somebody with an account a member.
    pub async fn add_member(&self, request: &AddMember) -> Result<Member, ClientError> {
        self.answer(with_body(self.request(Method::POST, &["api", "members"]), request)).await
    }

    /// Takes somebody out of the workspace.
    pub async fn remove_member(&self, user: &str) -> Result<(), ClientError> {
        self.nothing(self.request(Method::DELETE, &["api", "members", user])).await
    }

    /// The teams of the workspace.
    pub async fn teams(&self) -> Result<Vec<Team>, ClientError> {
        self.all(&["api", "teams"], &[]).await
    }

    /// Makes a team.
    pub async fn create_team(&self, request: &CreateTeam) -> Result<Team, ClientError> {
        self.answer(with_body(self.request(Method::POST, &["api", "teams"]), request)).await
    }

    /// Removes a team.
    pub async fn remove_team(&self, team: &str) -> Result<(), ClientError> {
        self.nothing(self.request(Method::DELETE, &["api", "teams", team])).await
    }

    /// Puts a member into a team.
    pub async fn add_to_team(&self, team: &str, request: &AddMember) -> Result<Team, ClientError> {
        self.answer(with_body(self.request(Method::POST, &["api", "teams", team, "members"]), request)).await
    }

    /// Takes somebody out of a team.
    pub async fn take_from_team(&self, team: &str, user: &str) -> Result<(), ClientError> {
        self.nothing(self.request(Method::DELETE, &["api", "teams", team, "members", user])).await
    }

    /// The roles that can be given.
    pub async fn roles(&self) -> Result<Vec<Role>, ClientError> {
        self.all(&["api", "roles"], &[]).await
    }

    /// Defines a role.
    pub async fn create_role(&self, request: &CreateRole) -> Result<Role, ClientError> {
        self.answer(with_body(self.request(Method::POST, &["api", "roles"]), request)).await
    }

    /// Changes a role wherever it was given.
    pub async fn edit_role(&self, role: &str, request: &EditRole) -> Result<Role, ClientError> {
        self.answer(with_body(self.request(Method::PUT, &["api", "roles", role]), request)).await
    }

    /// Removes a role that nothing gives.
    pub async fn remove_role(&self, role: &str) -> Result<(), ClientError> {
        self.nothing(self.request(Method::DELETE, &["api", "roles", role])).await
    }

    /// The roles that were given.
    pub async fn bindings(&self) -> Result<Vec<Binding>, ClientError> {
        self.all(&["api", "bindings"], &[]).await
    }

    /// Gives a role to a member or a team.
    pub async fn give_role(&self, request: &GiveRole) -> Result<Binding, ClientError> {
        self.answer(with_body(self.request(Method::POST, &["api", "bindings"]), request)).await
    }

    /// Takes a role away.
    pub async fn take_role(&self, binding: &str) -> Result<(), ClientError> {
        self.nothing(self.request(Method::DELETE, &["api", "bindings", binding])).await
    }
}
