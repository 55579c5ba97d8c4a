//! Projects, who I am, and pushes.

use promptsync_api::{
    projects::{CreateProject, Project},
    push::{Push, PushResult},
    server::{ServerVersion, Whoami},
};
use reqwest::Method;

use crate::{Client, ClientError, requests::with_body};

impl Client {
    /// What the key is and may do: `GET /api/whoami`.
    pub async fn whoami(&self) -> Result<Whoami, ClientError> {
        self.answer(self.get(&["api", "whoami"])).await
    }

    /// The server's version: `GET /version`, which needs no key.
    pub async fn server_version(&self) -> Result<ServerVersion, ClientError> {
        self.answer(self.get(&["version"])).await
    }

    /// Every project the key opens.
    pub async fn projects(&self) -> Result<Vec<Project>, ClientError> {
        self.all(&["api", "projects"], &[]).await
    }

    /// Creates a project.
    pub async fn create_project(&self, project: &CreateProject) -> Result<Project, ClientError> {
        self.answer(with_body(self.request(Method::POST, &["api", "projects"]), project)).await
    }

    /// Pushes a folder: all of it lands or none.
    pub async fn push(&self, project: &str, push: &Push) -> Result<PushResult, ClientError> {
        self.answer(with_body(self.request(Method::POST, &["api", "projects", project, "push"]), push)).await
    }
}
