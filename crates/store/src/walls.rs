//! The wall between workspaces in PostgreSQL: each transaction says where it works, and row-level security holds it
//! there. SQLite has no such thing; there the server's own decisions stand alone.

use sqlx::{Connection as _, PgConnection, PgPool, Postgres, Transaction};

use crate::{
    conn::{Db, Pools},
    error::Result,
};

const PASSES: &str = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user";

/// What row-level security takes for every workspace; no workspace has this id.
pub(crate) const EVERY_WORKSPACE: &str = "*";

/// Says where a transaction works, until it ends.
pub(crate) async fn raise(
    transaction: &mut Transaction<'static, Postgres>,
    workspace: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT set_config('promptsync.workspace', $1, true)")
        .bind(workspace)
        .execute(&mut **transaction)
        .await
        .map(drop)
}

/// A transaction across workspaces on a pool that no [`Db`] holds yet.
pub(crate) async fn begin_everywhere(pool: &PgPool) -> Result<Transaction<'static, Postgres>> {
    let mut transaction = pool.begin().await?;
    raise(&mut transaction, EVERY_WORKSPACE).await?;
    Ok(transaction)
}

impl Db {
    /// Whether the database's role passes through the wall: a superuser of PostgreSQL, or one that was given the right.
    /// The server works with such a role, but a statement that forgot its workspace would not be held.
    pub async fn passes_walls(&self) -> Result<bool> {
        match self.pools() {
            Pools::Sqlite { .. } => Ok(false),
            Pools::Postgres(pool) => Ok(sqlx::query_scalar(PASSES).fetch_one(pool).await?),
        }
    }

    /// The same of the role in an address, without opening the database: nothing in it is looked at or brought up to
    /// date.
    pub async fn role_passes_walls(url: &str) -> Result<bool> {
        let mut connection = PgConnection::connect(url).await?;
        let passes = sqlx::query_scalar(PASSES).fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok(passes)
    }
}
