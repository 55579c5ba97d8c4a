//! Writing what was noted: a batch for each workspace, and one chained audit entry with its Merkle root.

use std::collections::HashSet;

use promptsync_core::{
    access_records::{AccessRecord, BATCH},
    audit::{AuditEntry, lines::batch_details},
    ids::WorkspaceId,
};
use promptsync_store::{StoreError, access_records};

use super::{BATCH as ROWS, buffer::Buffer};
use crate::app::App;

/// Writes everything that was noted. What cannot be written stays in memory for the next time.
pub(crate) async fn flush(app: &App) -> Result<(), StoreError> {
    let _alone = app.access.writing.lock().await;
    app.access.doubtful_since().get_or_insert_with(tokio::time::Instant::now);
    let mut taken = Taken { app, rows: app.access.take() };
    let (mut outcome, mut failed) = (Ok(()), HashSet::new());
    while let Some((workspace, records)) = taken.rows.first(ROWS, &failed) {
        match write(app, workspace.as_ref(), &records).await {
            Ok(()) => taken.rows.remove(workspace.as_ref(), records.len()),
            // The batches of other workspaces are none the worse for it.
            Err(failure) => {
                outcome = outcome.and(Err(failure));
                failed.insert(workspace);
            }
        }
    }
    if outcome.is_ok() {
        *app.access.doubtful_since() = None;
    }
    outcome
}

/// Rows on their way into the database: those that did not arrive go back, also when the write is cancelled.
struct Taken<'a> {
    app: &'a App,
    rows: Buffer,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if self.rows.len() > 0 {
            self.app.access.buffer().put_back(self.rows.take());
        }
    }
}

async fn write(
    app: &App,
    workspace: Option<&WorkspaceId>,
    records: &[AccessRecord],
) -> Result<(), StoreError> {
    let workspace = &match workspace {
        Some(known) => known.clone(),
        None => app.workspace().await?,
    };
    let mut tx = app.db.begin_write(workspace).await?;
    access_records::insert(&mut tx, workspace, records).await?;
    let entry = AuditEntry::of_system(BATCH, "access", batch_details(records), app.clock.now());
    tx.commit(workspace, entry).await.map(drop)
}

#[cfg(test)]
mod tests {
    use promptsync_core::access_records::OK;

    use super::*;
    use crate::app::{access_records::Record, tests::app};

    #[tokio::test]
    async fn what_cannot_be_written_waits_for_the_next_time() {
        let app = app().await;
        let record = || Record {
            workspace: None,
            actor: None,
            action: "login",
            project: None,
            target: "a\0\u{1b}b".to_owned(),
            outcome: OK,
            address: None,
            request_id: None,
        };
        app.access.note(record());
        flush(&app).await.expect("the first batch is written");
        assert!(app.access.doubtful_since().is_none());

        app.access.note(record());
        app.db.close().await;
        assert!(matches!(flush(&app).await, Err(StoreError::Unavailable(_))));
        let waiting = app.access.buffer().first(1, &HashSet::new()).map(|(_, mut rows)| rows.remove(0));
        let waiting = waiting.map(|row| (row.count, row.target));
        assert_eq!(waiting, Some((1, "a\u{fffd}\u{fffd}b".to_owned())));
        assert!(app.access.doubtful_since().is_some());
    }
}
