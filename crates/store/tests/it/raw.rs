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

/// A role of PostgreSQL as a server should have: it may read and write every table, owns none and is no superuser.
pub(crate) async fn application_role(db: &Db) -> &'static str {
    // Roles belong to the whole cluster, and tests run side by side.
    let create = "DO $$ BEGIN
        PERFORM pg_advisory_xact_lock(7979002);
        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'promptsync_application_test') THEN
            CREATE ROLE promptsync_application_test NOSUPERUSER NOBYPASSRLS;
        END IF;
    END $$";
    execute(db, create).await.unwrap();
    execute(db, "GRANT ALL ON ALL TABLES IN SCHEMA public TO promptsync_application_test").await.unwrap();
    "promptsync_application_test"
}

/// Runs a statement as this role for every workspace, and takes back what it did.
pub(crate) async fn execute_as(db: &Db, role: &str, sql: &str) -> Result<u64, StoreError> {
    let Pools::Postgres(pool) = db.pools() else { panic!("SQLite has no roles") };
    let mut tx = pool.begin().await?;
    QueryBuilder::new("SELECT set_config('promptsync.workspace', '*', true)")
        .build()
        .execute(&mut *tx)
        .await?;
    QueryBuilder::new(format!("SET LOCAL ROLE {role}")).build().execute(&mut *tx).await?;
    Ok(QueryBuilder::new(sql).build().execute(&mut *tx).await?.rows_affected())
}
