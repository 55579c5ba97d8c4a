//! Statements whose outcome nobody waits for: on SQLite they are run together, before the next one that somebody waits
//! for and before the commit.
//!
//! Every statement is a conversation with the thread that owns the connection, which takes longer than most statements
//! do. PostgreSQL is told each at once.

use std::{fmt, mem};

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

/// What is to be run. Each part writes one row, so that the whole text comes again and stays prepared.
#[derive(Default)]
pub(crate) struct Later {
    query: QueryBuilder<Sqlite>,
    statements: usize,
}

impl Later {
    /// Begins the next statement.
    pub(crate) fn next(&mut self) -> &mut QueryBuilder<Sqlite> {
        if self.statements > 0 {
            self.query.push("; ");
        }
        self.statements += 1;
        &mut self.query
    }

    /// Runs what has gathered. When a statement fails, what comes after it is not run, and the transaction is good for
    /// nothing more.
    pub(crate) async fn run(&mut self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        if self.statements == 0 {
            return Ok(());
        }
        let mut gathered = mem::take(self);
        gathered.query.build().persistent(true).execute(connection).await.map(drop)
    }
}

impl fmt::Debug for Later {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Later").field("statements", &self.statements).finish_non_exhaustive()
    }
}
