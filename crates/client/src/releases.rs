//! Releases.

use promptsync_api::releases::{Release, ReleaseSummary};

use crate::{Client, ClientError};

impl Client {
    /// Every release of a project, newest first.
    pub async fn releases(&self, project: &str) -> Result<Vec<ReleaseSummary>, ClientError> {
        self.all(&["api", "projects", project, "releases"], &[]).await
    }

    /// One release: by version, range or alias.
    pub async fn release(&self, project: &str, reference: &str) -> Result<Release, ClientError> {
        self.answer(self.get(&["api", "projects", project, "releases", reference])).await
    }
}
