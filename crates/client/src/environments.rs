//! Environments.

use promptsync_api::{
    environments::{Environment, SetEnvironment},
    page::Page,
};
use reqwest::Method;

use crate::{Client, ClientError, requests::with_body};

impl Client {
    /// Every alias of a project that has a policy.
    pub async fn environments(&self, project: &str) -> Result<Vec<Environment>, ClientError> {
        // A project has few environments: they come in one page.
        let page: Page<Environment> =
            self.answer(self.get(&["api", "projects", project, "environments"])).await?;
        Ok(page.items)
    }

    /// Sets the policy of an alias.
    pub async fn set_environment(
        &self,
        project: &str,
        alias: &str,
        body: &SetEnvironment,
    ) -> Result<Environment, ClientError> {
        let request = self.request(Method::PUT, &["api", "projects", project, "environments", alias]);
        self.answer(with_body(request, body)).await
    }

    /// Takes the policy off an alias.
    pub async fn remove_environment(&self, project: &str, alias: &str) -> Result<(), ClientError> {
        self.nothing(self.request(Method::DELETE, &["api", "projects", project, "environments", alias])).await
    }
}
