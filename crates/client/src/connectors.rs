//! Connectors, and which secrets a project may use.

use promptsync_api::{
    connectors::{AllowSecret, AllowedSecret, Connector, ConnectorTest, SetConnector},
    page::Page,
    render::{RenderPrompt, RenderedPrompt},
};
use reqwest::Method;

use crate::{Client, ClientError, requests::with_body};

impl Client {
    /// Every connector of the workspace.
    pub async fn connectors(&self) -> Result<Vec<Connector>, ClientError> {
        // A workspace has few connectors: they come in one page.
        let page: Page<Connector> = self.answer(self.get(&["api", "connectors"])).await?;
        Ok(page.items)
    }

    /// Creates or changes a connector. Its credential never comes back.
    pub async fn set_connector(&self, name: &str, wanted: &SetConnector) -> Result<Connector, ClientError> {
        self.answer(with_body(self.request(Method::PUT, &["api", "connectors", name]), wanted)).await
    }

    /// Removes a connector that nothing uses.
    pub async fn remove_connector(&self, name: &str) -> Result<(), ClientError> {
        self.nothing(self.request(Method::DELETE, &["api", "connectors", name])).await
    }

    /// Says whether a connector can be used.
    pub async fn test_connector(&self, name: &str) -> Result<ConnectorTest, ClientError> {
        self.answer(self.request(Method::POST, &["api", "connectors", name, "test"])).await
    }

    /// The secrets that a project's prompts may ask for.
    pub async fn project_secrets(&self, project: &str) -> Result<Vec<AllowedSecret>, ClientError> {
        let page: Page<AllowedSecret> =
            self.answer(self.get(&["api", "projects", project, "secrets"])).await?;
        Ok(page.items)
    }

    /// Allows a project's prompts to ask for secrets.
    pub async fn allow_secret(
        &self,
        project: &str,
        wanted: &AllowSecret,
    ) -> Result<AllowedSecret, ClientError> {
        let request = self.request(Method::PUT, &["api", "projects", project, "secrets"]);
        self.answer(with_body(request, wanted)).await
    }

    /// Allows secrets no more.
    pub async fn remove_secret(&self, project: &str, pattern: &str) -> Result<(), ClientError> {
        let request = self.request(Method::DELETE, &["api", "projects", project, "secrets"]);
        self.nothing(request.query(&[("pattern", pattern)])).await
    }

    /// Renders a prompt on the server, which puts secrets in when that is asked for.
    pub async fn render(
        &self,
        project: &str,
        prompt: &str,
        reference: &str,
        wanted: &RenderPrompt,
    ) -> Result<RenderedPrompt, ClientError> {
        let request = self.request(Method::POST, &["api", "prompts", prompt, reference, "render"]);
        self.answer(with_body(request.query(&[("project", project)]), wanted)).await
    }
}
