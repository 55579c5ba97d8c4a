//! Statements that the store has no function for, because nobody should run them.

use promptsync_store::{Db, Pools, StoreError};
use sqlx::QueryBuilder;

/// Runs a statement outside every rule; gives the number of rows it changed.
pub(crate) async fn execute(db: &Db, sql: &str) -> Result<u64, StoreError> {
    let done = match db.pools() {
        Pools::Sqlite { writer, .. } => {
            QueryBuilder::new(sql).build().execute(writer).await.map(|done| done.rows_affected())
        }
        Pools::Postgres(pool) => {
            QueryBuilder::new(sql).build().execute(pool).await.map(|done| done.rows_affected())
        }
    };
    Ok(done?)
}

/// The first column of every row.
pub(crate) async fn strings(db: &Db, sql: &str) -> Vec<String> {
    let rows = match db.pools() {
        Pools::Sqlite { writer, .. } => QueryBuilder::new(sql).build_query_scalar().fetch_all(writer).await,
        Pools::Postgres(pool) => QueryBuilder::new(sql).build_query_scalar().fetch_all(pool).await,
    };
    rows.unwrap()
}

/// The columns of a table, from the database's own catalogue.
pub(crate) async fn columns(db: &Db, table: &str) -> Vec<String> {
    let sql = match db.pools() {
        Pools::Sqlite { .. } => format!("SELECT name FROM pragma_table_info('{table}')"),
        Pools::Postgres(_) => format!(
            "SELECT column_name::TEXT FROM information_schema.columns
             WHERE table_schema = 'public' AND table_name = '{table}'"
        ),
    };
    strings(db, &sql).await
}
