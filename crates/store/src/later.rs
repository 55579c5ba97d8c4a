//! Statements whose outcome nobody waits for: on SQLite they are run together, before the next one that somebody waits
//! for, and with the commit.
//!
//! Every statement is a conversation with the thread that owns the connection, which takes longer than most statements
//! do. PostgreSQL is told each at once.

use std::{fmt, io, mem};

use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

/// What is to be run. Each part writes one row or is the same each time, so that the whole text comes again and stays
/// prepared.
#[derive(Default)]
pub(crate) struct Later {
    query: QueryBuilder<Sqlite>,
    statements: usize,
    has_failed: bool,
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

    /// The same, and a statement behind it.
    pub(crate) fn and(mut self, statement: &'static str) -> Self {
        self.next().push(statement);
        self
    }

    /// Whether there is anything to run, or to be told.
    pub(crate) fn is_due(&self) -> bool {
        self.statements > 0 || self.has_failed
    }

    /// Runs what has gathered. When a statement fails, nothing is run any more: SQLite may have ended the transaction, and
    /// would commit what comes after it at once.
    pub(crate) async fn run(&mut self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        if self.has_failed {
            return Err(sqlx::Error::Io(io::Error::other("a statement before this one has failed")));
        }
        if self.statements == 0 {
            return Ok(());
        }
        let mut gathered = mem::take(self);
        // Until the outcome is known: this may be dropped while it waits.
        self.has_failed = true;
        gathered.query.build().persistent(true).execute(connection).await?;
        self.has_failed = false;
        Ok(())
    }
}

impl fmt::Debug for Later {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Later").field("statements", &self.statements).finish_non_exhaustive()
    }
}
