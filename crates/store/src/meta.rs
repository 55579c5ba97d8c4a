//! Facts about the installation itself: which pepper and which cursor key its data was made with.

use crate::{
    conn::{ReadTx, Tx, execute, on},
    error::Result,
};

/// The value kept under a key.
pub async fn get(tx: &mut ReadTx, key: &str) -> Result<Option<String>> {
    Ok(on!(tx, c => sqlx::query_scalar("SELECT value FROM meta WHERE key = $1")
        .bind(key)
        .fetch_optional(c)
        .await)?)
}

/// Keeps a value, in place of the one before.
pub async fn set(tx: &mut Tx, key: &str, value: &str) -> Result<()> {
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO meta (key, value) VALUES ($1, $2)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )
        .bind(key)
        .bind(value)
    )?;
    Ok(())
}
