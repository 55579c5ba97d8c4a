//! What somebody does who has a database in their hands: past triggers, keys between tables and walls.

use promptsync_store::{Db, Pools};
use sqlx::{Connection as _, PgConnection, QueryBuilder};

use crate::database::{maintenance_url, statement, with_database};

/// The row behind a version of a prompt, in a table that holds a part of it.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// `versions`, `documents`, or a table with a row a version.
    pub table: &'a str,
    /// The prompt.
    pub prompt: &'a str,
    /// The version.
    pub version: &'a str,
}

impl Row<'_> {
    /// Changes columns of the row and keeps the table as it was, for [`put_back`].
    pub async fn set(&self, db: &Db, columns: &str) {
        let change = format!("UPDATE {} SET {columns} WHERE {}", self.table, self.condition());
        tamper(db, &[self.keep(), change]).await;
    }

    /// Takes the row away and keeps the table as it was, for [`put_back`].
    pub async fn remove(&self, db: &Db) {
        let delete = format!("DELETE FROM {} WHERE {}", self.table, self.condition());
        tamper(db, &[self.keep(), delete]).await;
    }

    fn keep(&self) -> String {
        format!("CREATE TABLE kept AS SELECT * FROM {}", self.table)
    }

    fn condition(&self) -> String {
        let id = format!(
            "(SELECT versions.id FROM versions JOIN prompts ON prompts.id = versions.prompt_id
              WHERE prompts.name = '{}' AND versions.version = '{}')",
            self.prompt, self.version
        );
        match self.table {
            "versions" => format!("id = {id}"),
            "documents" => format!("digest = (SELECT digest FROM versions WHERE id = {id})"),
            _ => format!("version_id = {id}"),
        }
    }
}

/// Puts back what was kept of a table.
pub async fn put_back(db: &Db, table: &str) {
    let back = [
        format!("DELETE FROM {table}"),
        format!("INSERT INTO {table} SELECT * FROM kept"),
        "DROP TABLE kept".to_owned(),
    ];
    tamper(db, &back).await;
}

/// Changes columns of every row of a table.
pub async fn set_all(db: &Db, table: &str, columns: &str) {
    tamper(db, &[format!("UPDATE {table} SET {columns}")]).await;
}

/// Takes away the rows of a table in which a column has this text.
pub async fn remove_where(db: &Db, table: &str, column: &str, text: &str) {
    tamper(db, &[format!("DELETE FROM {table} WHERE {column} = '{text}'")]).await;
}

/// Runs any statements so.
pub async fn tamper(db: &Db, statements: &[String]) {
    match db.pools() {
        Pools::Sqlite { writer, .. } => {
            let mut connection = writer.acquire().await.expect("SQLite answers");
            sqlx::query("PRAGMA foreign_keys = OFF").execute(&mut *connection).await.expect("a pragma");
            let triggers: Vec<String> =
                sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'trigger'")
                    .fetch_all(&mut *connection)
                    .await
                    .expect("triggers can be listed");
            let drops = triggers.iter().map(|name| format!("DROP TRIGGER {name}"));
            for text in drops.chain(statements.iter().cloned()) {
                QueryBuilder::new(text)
                    .build()
                    .execute(&mut *connection)
                    .await
                    .expect("the file can be changed");
            }
            sqlx::query("PRAGMA foreign_keys = ON").execute(&mut *connection).await.expect("a pragma");
        }
        Pools::Postgres(pool) => {
            let options = pool.connect_options();
            let name = options.get_database().expect("a test's database has a name");
            let maintenance = maintenance_url().expect("there is a PostgreSQL");
            let mut connection =
                PgConnection::connect(&with_database(&maintenance, name)).await.expect("PostgreSQL answers");
            statement(&mut connection, &["SET session_replication_role = replica"]).await;
            for text in statements {
                statement(&mut connection, &[text]).await;
            }
            connection.close().await.expect("the connection ends");
        }
    }
}
