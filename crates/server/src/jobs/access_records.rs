//! Writes the access records that wait in memory.

use promptsync_store::StoreError;

use crate::app::{App, access_records};

/// Writes what was noted since the last time.
pub async fn run_once(app: &App) -> Result<(), StoreError> {
    access_records::flush(app).await
}
