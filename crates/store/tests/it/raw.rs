//! Statements that the store has no function for, because nobody should run them.

use promptsync_store::{Db, Pools, StoreError};
use promptsync_testing::database::APPLICATION_ROLE;
use sqlx::{PgPool, Postgres, QueryBuilder, Transaction};

/// Runs a statement outside every rule; gives the number of rows it changed.
pub(crate) async fn execute(db: &Db, sql: &str) -> Result<u64, StoreError> {
    let done = match db.pools() {
        Pools::Sqlite { writer, .. } => {
            QueryBuilder::new(sql).build().execute(writer).await.map(|done| done.rows_affected())
        }
        Pools::Postgres(pool) => {
            let mut everywhere = everywhere(pool).await;
            let done = QueryBuilder::new(sql).build().execute(&mut *everywhere).await;
            everywhere.commit().await?;
            done.map(|done| done.rows_affected())
        }
    };
    Ok(done?)
}

/// The first column of every row.
pub(crate) async fn strings(db: &Db, sql: &str) -> Vec<String> {
    let rows = match db.pools() {
        Pools::Sqlite { writer, .. } => QueryBuilder::new(sql).build_query_scalar().fetch_all(writer).await,
        Pools::Postgres(pool) => {
            let mut everywhere = everywhere(pool).await;
            QueryBuilder::new(sql).build_query_scalar().fetch_all(&mut *everywhere).await
        }
    };
    rows.unwrap()
}

/// A transaction that the walls between workspaces let through, as they do a tool with the database's password.
async fn everywhere(pool: &PgPool) -> Transaction<'static, Postgres> {
    let mut transaction = pool.begin().await.unwrap();
    sqlx::query("SELECT set_config('promptsync.workspace', '*', true)")
        .execute(&mut *transaction)
        .await
        .unwrap();
    transaction
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
    let grant = format!("GRANT ALL ON ALL TABLES IN SCHEMA public TO {APPLICATION_ROLE}");
    execute(db, &grant).await.unwrap();
    APPLICATION_ROLE
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
