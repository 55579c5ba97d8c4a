//! The audit log.

use promptsync_api::{audit::LoggedEntry, page::Page};
use promptsync_core::audit::{Revision, statements::Checkpoint};

use crate::{Client, ClientError};

impl Client {
    /// The entries that fit the query of `GET /api/audit`, newest first; not more than `most`.
    pub async fn audit(&self, query: &[(&str, &str)], most: usize) -> Result<Vec<LoggedEntry>, ClientError> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let limit = (most - items.len()).min(100).to_string();
            let mut request = self.get(&["api", "audit"]).query(query).query(&[("limit", &limit)]);
            if let Some(cursor) = &cursor {
                request = request.query(&[("cursor", cursor)]);
            }
            let page: Page<LoggedEntry> = self.answer(request).await?;
            items.extend(page.items);
            items.truncate(most);
            // A page of something rare may be empty and lead on; the same cursor twice leads nowhere.
            if items.len() >= most || page.next_cursor.is_none() || page.next_cursor == cursor {
                return Ok(items);
            }
            cursor = page.next_cursor;
        }
    }

    /// A page of an export, in lines of `promptsync_core::audit::lines`; `reached` is the last entry of the page before.
    pub async fn audit_export(
        &self,
        after: Revision,
        reached: Option<Revision>,
    ) -> Result<Vec<u8>, ClientError> {
        let mut request = self.get(&["api", "audit", "export"]).query(&[("after", after)]);
        if let Some(reached) = reached {
            request = request.query(&[("reached", reached)]);
        }
        self.whole(request).await
    }

    /// The newest signed checkpoint. The caller verifies its signature.
    pub async fn audit_checkpoint(&self) -> Result<Checkpoint, ClientError> {
        self.answer(self.get(&["api", "audit", "checkpoint"])).await
    }
}
