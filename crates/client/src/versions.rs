//! Versions of a prompt.

use promptsync_api::{
    history::HistoryEntry,
    versions::{ArchiveVersion, LockVersion, VersionSummary},
};
use reqwest::Method;

use crate::{Client, ClientError, requests::with_body};

impl Client {
    /// Every version of a prompt, newest first.
    pub async fn versions(&self, project: &str, prompt: &str) -> Result<Vec<VersionSummary>, ClientError> {
        self.all(&["api", "projects", project, "prompts", prompt, "versions"], &[]).await
    }

    /// One version of a prompt.
    pub async fn version(
        &self,
        project: &str,
        prompt: &str,
        version: &str,
    ) -> Result<VersionSummary, ClientError> {
        self.answer(self.get(&["api", "projects", project, "prompts", prompt, "versions", version])).await
    }

    /// Takes a version out of use, or (`restore`) back into it.
    pub async fn archive(
        &self,
        project: &str,
        prompt: &str,
        version: &str,
        restore: bool,
        body: &ArchiveVersion,
    ) -> Result<VersionSummary, ClientError> {
        let action = if restore { "restore" } else { "archive" };
        let path = ["api", "projects", project, "prompts", prompt, "versions", version, action];
        self.answer(with_body(self.request(Method::POST, &path), body)).await
    }

    /// Locks a version for ever.
    pub async fn lock_version(
        &self,
        project: &str,
        prompt: &str,
        version: &str,
        body: &LockVersion,
    ) -> Result<VersionSummary, ClientError> {
        let path = ["api", "projects", project, "prompts", prompt, "versions", version, "lock"];
        self.answer(with_body(self.request(Method::POST, &path), body)).await
    }

    /// The comparison of two versions as one page.
    pub async fn diff_page(
        &self,
        project: &str,
        prompt: &str,
        from: &str,
        to: &str,
    ) -> Result<String, ClientError> {
        let path = ["api", "projects", project, "prompts", prompt, "diff"];
        self.text(self.get(&path).query(&[("from", from), ("to", to), ("format", "html")])).await
    }

    /// What changed in a project, newest first; only what concerns `prompt` when it is given.
    pub async fn history(
        &self,
        project: &str,
        prompt: Option<&str>,
    ) -> Result<Vec<HistoryEntry>, ClientError> {
        let query: Vec<_> = prompt.map(|prompt| ("prompt", prompt)).into_iter().collect();
        self.all(&["api", "projects", project, "history"], &query).await
    }
}
