//! Aliases.

use promptsync_api::{
    aliases::{Alias, AliasMove, RollbackAlias, SetAlias},
    page::Page,
};
use promptsync_core::signing::{Signed, SnapshotStatement};
use reqwest::{Method, header};

use crate::{Client, ClientError, Tagged, requests::with_body};

impl Client {
    /// Every alias of a project.
    pub async fn aliases(&self, project: &str) -> Result<Vec<Alias>, ClientError> {
        // A project has few aliases: they come in one page.
        let page: Page<Alias> = self.answer(self.get(&["api", "projects", project, "aliases"])).await?;
        Ok(page.items)
    }

    /// One alias, with the tag that moving it needs.
    pub async fn alias(&self, project: &str, alias: &str) -> Result<Tagged<Alias>, ClientError> {
        self.tagged(self.get(&["api", "projects", project, "aliases", alias])).await
    }

    /// Moves an alias that stands as `etag` says; without a tag the alias must not exist yet.
    pub async fn set_alias(
        &self,
        project: &str,
        alias: &str,
        etag: Option<&str>,
        body: &SetAlias,
    ) -> Result<Alias, ClientError> {
        let request = self.request(Method::PUT, &["api", "projects", project, "aliases", alias]);
        let request = match etag {
            Some(etag) => request.header(header::IF_MATCH, etag),
            None => request.header(header::IF_NONE_MATCH, "*"),
        };
        self.answer(with_body(request, body)).await
    }

    /// Where an alias points, signed by the workspace. The caller verifies it.
    pub async fn snapshot(
        &self,
        project: &str,
        alias: &str,
    ) -> Result<Signed<SnapshotStatement>, ClientError> {
        self.answer(self.get(&["api", "projects", project, "snapshot"]).query(&[("alias", alias)])).await
    }

    /// Every move of an alias, newest first.
    pub async fn alias_history(&self, project: &str, alias: &str) -> Result<Vec<AliasMove>, ClientError> {
        self.all(&["api", "projects", project, "aliases", alias, "history"], &[]).await
    }

    /// Moves an alias that stands as `etag` says back to where it stood before.
    pub async fn rollback_alias(
        &self,
        project: &str,
        alias: &str,
        etag: Option<&str>,
        body: &RollbackAlias,
    ) -> Result<Alias, ClientError> {
        let mut request =
            self.request(Method::POST, &["api", "projects", project, "aliases", alias, "rollback"]);
        if let Some(etag) = etag {
            request = request.header(header::IF_MATCH, etag);
        }
        self.answer(with_body(request, body)).await
    }
}
