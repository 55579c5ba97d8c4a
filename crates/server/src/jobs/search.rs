//! Indexes what was published, before anybody has to wait for it.

use promptsync_store::{StoreError, search_pending};

use crate::app::App;

/// Brings the search index of every workspace up to date.
pub async fn run_once(app: &App) -> Result<(), StoreError> {
    let mut tx = app.db.begin_system_read().await?;
    let behind = search_pending::workspaces(&mut tx).await?;
    drop(tx);
    for workspace in behind {
        search_pending::catch_up(&app.db, &workspace).await?;
    }
    Ok(())
}
