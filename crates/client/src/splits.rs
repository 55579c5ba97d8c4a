//! Canaries and experiments.

use promptsync_api::{
    aliases::Alias,
    page::Page,
    splits::{AbortCanary, Canary, PromoteCanary, SetCanary},
};
use reqwest::{Method, header};
use serde::Serialize;

use crate::{Client, ClientError, requests::with_body};

impl Client {
    /// How an alias divides its traffic.
    pub async fn canaries(&self, project: &str, alias: &str) -> Result<Vec<Canary>, ClientError> {
        // What an alias divides comes in one page.
        let path = ["api", "projects", project, "aliases", alias, "canary"];
        let page: Page<Canary> = self.answer(self.get(&path)).await?;
        Ok(page.items)
    }

    /// Sends part of an alias's traffic to other versions. With a tag the alias has to stand as it says.
    pub async fn set_canary(
        &self,
        project: &str,
        alias: &str,
        etag: Option<&str>,
        body: &SetCanary,
    ) -> Result<Alias, ClientError> {
        self.canary(&["api", "projects", project, "aliases", alias, "canary"], etag, body).await
    }

    /// Gives everybody the version of a canary, of an alias that stands as `etag` says.
    pub async fn promote_canary(
        &self,
        project: &str,
        alias: &str,
        etag: Option<&str>,
        body: &PromoteCanary,
    ) -> Result<Alias, ClientError> {
        self.canary(&["api", "projects", project, "aliases", alias, "canary", "promote"], etag, body).await
    }

    /// Gives everybody the alias's own version again. With a tag the alias has to stand as it says.
    pub async fn abort_canary(
        &self,
        project: &str,
        alias: &str,
        etag: Option<&str>,
        body: &AbortCanary,
    ) -> Result<Alias, ClientError> {
        self.canary(&["api", "projects", project, "aliases", alias, "canary", "abort"], etag, body).await
    }

    async fn canary<T: Serialize>(
        &self,
        path: &[&str],
        etag: Option<&str>,
        body: &T,
    ) -> Result<Alias, ClientError> {
        let mut request = self.request(Method::POST, path);
        if let Some(etag) = etag {
            request = request.header(header::IF_MATCH, etag);
        }
        self.answer(with_body(request, body)).await
    }
}
