//! Connections and transactions: the only file that knows there are two databases.

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use promptsync_core::{
    audit::{self, AuditEntry, Revision},
    digest::Digest,
    ids::WorkspaceId,
    time::to_microseconds,
};
use sqlx::{PgPool, Postgres, QueryBuilder, Sqlite, SqliteConnection, SqlitePool, Transaction};

use crate::{
    error::{Result, StoreError},
    group::{End, Member, Queue, Size},
    keyring::Keyring,
    reach::Reach,
    rows::lies,
    seal::{Sealer, TxKeys},
    standing::{Keys, Standing},
    walls::{self, EVERY_WORKSPACE},
};

/// How long connections to PostgreSQL have to end.
const FAREWELL: Duration = Duration::from_secs(3);

/// A database, and the keys that open what is sealed in it.
#[derive(Clone, Debug)]
pub struct Db {
    pub(crate) pools: Pools,
    pub(crate) queue: Arc<Queue>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) reach: Arc<Reach>,
    pub(crate) is_prepared: Arc<AtomicBool>,
}

/// The connections to a database.
#[derive(Clone, Debug)]
pub enum Pools {
    /// An SQLite file: one connection writes, several read.
    Sqlite {
        /// The one connection that writes.
        writer: SqlitePool,
        /// The connections that read.
        reader: SqlitePool,
    },
    /// A PostgreSQL database.
    Postgres(PgPool),
}

/// A transaction that reads: everything in it sees the same state of the database.
///
/// Functions that read take `&mut ReadTx`, which `&mut Tx` becomes by itself, so they also serve inside a change.
#[derive(Debug)]
pub struct ReadTx {
    pub(crate) connection: Connection,
    pub(crate) reach: Arc<Reach>,
    pub(crate) keys: TxKeys,
    pub(crate) known: Keys,
}

/// A transaction that changes something. It ends in [`Tx::commit`] with the audit entry of the change; dropped
/// without it, nothing has happened.
///
/// A use case that decides from what it reads calls [`Tx::revision`] first: that makes the writers of a workspace
/// go one after the other on PostgreSQL, as they do on SQLite anyway.
#[derive(Debug)]
pub struct Tx {
    read: ReadTx,
    place: Option<Place>,
    pub(crate) sealer: Option<Sealer>,
}

#[derive(Debug)]
pub(crate) enum Connection {
    Sqlite(OnSqlite),
    Postgres(Transaction<'static, Postgres>),
}

#[derive(Debug)]
pub(crate) enum OnSqlite {
    Reading(Transaction<'static, Sqlite>),
    Writing(Member),
}

/// The place in the audit chain that a transaction has reserved.
#[derive(Debug)]
struct Place {
    workspace: WorkspaceId,
    revision: Revision,
    parent: Digest,
}

/// Runs one query expression on whichever connection the transaction holds, as long as the database may answer.
macro_rules! on {
    ($tx:expr, $connection:ident => $query:expr) => {{
        let reach = ::std::sync::Arc::clone(&$tx.reach);
        match &mut $tx.connection {
            $crate::conn::Connection::Sqlite(transaction) => match transaction.settle().await {
                Ok($connection) => $query,
                Err(failure) => Err(failure),
            },
            $crate::conn::Connection::Postgres(transaction) => {
                let $connection = &mut **transaction;
                reach.guard(async { $query }).await
            }
        }
    }};
}

/// Runs one statement on whichever connection the transaction holds; gives the number of rows it changed.
macro_rules! execute {
    ($tx:expr, $query:expr) => {
        $crate::conn::on!($tx, connection => $query.execute(connection).await.map(|done| done.rows_affected()))
            .map_err($crate::error::StoreError::from)
    };
}

/// Runs a statement that writes one row, or lets it wait until something is asked of the database: nobody hears from it
/// before. `$query` is a query builder, to which `$write` adds the statement.
macro_rules! later {
    ($tx:expr, $query:ident => $write:expr) => {{
        let reach = ::std::sync::Arc::clone(&$tx.reach);
        match &mut $tx.connection {
            $crate::conn::Connection::Sqlite(transaction) => match transaction.later() {
                Some($query) => {
                    $write;
                    Ok(())
                }
                None => Err($crate::error::StoreError::away()),
            },
            $crate::conn::Connection::Postgres(transaction) => {
                let mut builder = ::sqlx::QueryBuilder::<::sqlx::Postgres>::default();
                let $query = &mut builder;
                $write;
                reach
                    .guard(async { builder.build().execute(&mut **transaction).await })
                    .await
                    .map(drop)
                    .map_err($crate::error::StoreError::from)
            }
        }
    }};
}

/// Inserts rows: `insert!(tx, "INSERT INTO modules (path) ", modules, |row, path| { row.push_bind(path); })`; what comes
/// after the values may follow. A single row waits as [`later`] says, more are written at once.
macro_rules! insert {
    ($tx:expr, $head:expr, $rows:expr, |$row:ident, $item:pat_param| $bind:expr $(, $tail:expr)?) => {{
        if let [only] = $rows {
            $crate::conn::later!($tx, query => {
                query.push($head).push_values([only], |mut $row, $item| { $bind; })$(.push($tail))?;
            })?;
        } else {
            for chunk in $rows.chunks($crate::rows::CHUNK) {
                $crate::conn::execute!(
                    $tx,
                    ::sqlx::QueryBuilder::new($head)
                        .push_values(chunk, |mut $row, $item| { $bind; })
                        $(.push($tail))?
                        .build()
                        .persistent(false)
                )?;
            }
        }
    }};
}

pub(crate) use {execute, insert, later, on};

impl Db {
    /// Its connections.
    pub fn pools(&self) -> &Pools {
        &self.pools
    }

    /// Whether it answers, as far as is known.
    pub fn reach(&self) -> &Arc<Reach> {
        &self.reach
    }

    /// Whether it was seen, and its tables are up to date.
    pub fn is_prepared(&self) -> bool {
        self.is_prepared.load(Ordering::Acquire)
    }

    /// Its keys.
    pub fn keyring(&self) -> &Arc<Keyring> {
        &self.keyring
    }

    /// Starts a transaction that changes something in a workspace. On SQLite it waits until no other is open.
    pub async fn begin_write(&self, workspace: &WorkspaceId) -> Result<Tx> {
        self.write(workspace.as_str(), Size::Small).await
    }

    /// Waits until whatever was written so far is on disk. For a refusal that was decided within a transaction: on SQLite
    /// it may be because of what a member of the same group has done, and nobody may act on that before the others see it.
    ///
    /// # Errors
    /// When it could not be written: nobody knows whether the refusal was right.
    pub async fn settled(&self) -> Result<()> {
        self.queue.settled().await
    }

    /// The same for a change that takes so long that no other should wait for it with its own done.
    pub async fn begin_large_write(&self, workspace: &WorkspaceId) -> Result<Tx> {
        self.write(workspace.as_str(), Size::Large).await
    }

    /// Starts a transaction that reads one consistent state of a workspace.
    pub async fn begin_read(&self, workspace: &WorkspaceId) -> Result<ReadTx> {
        self.read(workspace.as_str()).await
    }

    /// The same across workspaces: for finding out who calls, for jobs and for tools with access to the data folder.
    pub async fn begin_system_write(&self) -> Result<Tx> {
        self.write(EVERY_WORKSPACE, Size::Small).await
    }

    /// The same across workspaces: for finding out who calls, for jobs and for tools with access to the data folder.
    pub async fn begin_system_read(&self) -> Result<ReadTx> {
        self.read(EVERY_WORKSPACE).await
    }

    async fn write(&self, wall: &str, size: Size) -> Result<Tx> {
        let connection = match &self.pools {
            Pools::Sqlite { writer, .. } => {
                Connection::Sqlite(OnSqlite::Writing(self.queue.enter(writer, size).await?))
            }
            Pools::Postgres(pool) => {
                let begun = self.reach.guard(async {
                    let mut transaction = pool.begin().await?;
                    walls::raise(&mut transaction, wall).await?;
                    Ok(transaction)
                });
                Connection::Postgres(begun.await?)
            }
        };
        let (reach, keys) = (Arc::clone(&self.reach), TxKeys::writing(&self.keyring));
        let read = ReadTx { connection, reach, keys, known: Keys::default() };
        Ok(Tx { read, place: None, sealer: None })
    }

    async fn read(&self, wall: &str) -> Result<ReadTx> {
        let connection = match &self.pools {
            Pools::Sqlite { reader, .. } => Connection::Sqlite(OnSqlite::Reading(reader.begin().await?)),
            Pools::Postgres(pool) => {
                let begun = self.reach.guard(async {
                    let mut transaction =
                        pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
                    walls::raise(&mut transaction, wall).await?;
                    Ok(transaction)
                });
                Connection::Postgres(begun.await?)
            }
        };
        let (reach, keys) = (Arc::clone(&self.reach), TxKeys::reading(&self.keyring));
        Ok(ReadTx { connection, reach, keys, known: Keys::default() })
    }

    /// Closes every connection; on SQLite this folds the write-ahead log into the file.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, reader } => {
                reader.close().await;
                writer.close().await;
            }
            // Connections that wait for a silent database do not come back.
            Pools::Postgres(pool) => drop(tokio::time::timeout(FAREWELL, pool.close()).await),
        }
    }
}

impl Tx {
    /// Reserves the workspace's next revision, which [`Tx::commit`] will give. Until the transaction ends, no other
    /// can reserve one in this workspace.
    pub async fn revision(&mut self, workspace: &WorkspaceId) -> Result<Revision> {
        if let Some(place) = &self.place {
            return if place.workspace == *workspace {
                Ok(place.revision)
            } else {
                Err(StoreError::OtherWorkspace)
            };
        }
        let head: Option<(Revision, String)> = on!(self, c => sqlx::query_as(
            "UPDATE audit_heads SET revision = revision + 1 WHERE workspace_id = $1 RETURNING revision, hash",
        )
        .bind(workspace.as_str())
        .fetch_optional(c)
        .await)?;
        let (revision, hash) = head.ok_or(StoreError::NotFound { what: "workspace" })?;
        let parent = Digest::parse(&hash).map_err(lies("audit_heads", "hash", workspace.as_str()))?;
        let standing = self.keys.ring.standing(workspace.as_str(), &parent);
        self.known = Keys { is_locked: true, ..standing.unwrap_or_default() };
        self.place = Some(Place { workspace: workspace.clone(), revision, parent });
        Ok(revision)
    }

    /// Makes the change durable together with its audit entry, and gives the workspace's new revision.
    ///
    /// The only way to commit. On SQLite, writers that wait for each other share one flush to disk behind this call
    /// ([`crate::group`]): a caller learns of success only when its own entry is on disk.
    pub async fn commit(mut self, workspace: &WorkspaceId, mut entry: AuditEntry) -> Result<Revision> {
        self.revision(workspace).await?;
        let Some(place) = self.place.take() else {
            return Err(StoreError::NotFound { what: "workspace" });
        };
        entry.at = to_microseconds(entry.at);
        let chained = audit::chain(workspace.as_str(), place.revision, place.parent, entry);
        crate::audit::insert(&mut self, workspace, &chained).await?;
        let keys = std::mem::take(&mut self.known);
        self.keys.ring.leave(workspace.as_str(), Standing { head: chained.hash, keys });
        self.end(End::Keep).await?;
        Ok(place.revision)
    }

    /// Waits until everything asked so far was done. On SQLite rows that are inserted alone are written with what comes
    /// next, so what is wrong with them is told there, here or by the commit.
    pub async fn settle(&mut self) -> Result<()> {
        if let Connection::Sqlite(transaction) = &mut self.connection {
            transaction.settle().await?;
        }
        Ok(())
    }

    /// Ends without a change, for an answer that says what is there. What it says may have been written by a member
    /// of the same group a moment ago: this waits until that is on disk.
    pub async fn unchanged(self) -> Result<()> {
        self.end(End::Undo).await
    }

    /// Makes facts durable that are no change: when a key was used last. For such functions of this crate alone.
    pub(crate) async fn commit_facts(self) -> Result<()> {
        self.end(End::Keep).await
    }

    async fn end(self, end: End) -> Result<()> {
        let ReadTx { connection, reach, .. } = self.read;
        match (connection, end) {
            (Connection::Sqlite(OnSqlite::Writing(member)), end) => member.end(end).await?,
            (Connection::Postgres(transaction), End::Keep) => reach.guard(transaction.commit()).await?,
            (Connection::Postgres(transaction), End::Undo) => reach.guard(transaction.rollback()).await?,
            (Connection::Sqlite(OnSqlite::Reading(_)), _) => {}
        }
        Ok(())
    }
}

impl Deref for Tx {
    type Target = ReadTx;

    fn deref(&self) -> &ReadTx {
        &self.read
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut ReadTx {
        &mut self.read
    }
}

impl OnSqlite {
    /// The connection, when every statement before has been run.
    pub(crate) async fn settle(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        match self {
            Self::Reading(transaction) => Ok(transaction),
            Self::Writing(member) => member.settle().await,
        }
    }

    /// The statement that is run with the next ones; none where nobody writes.
    pub(crate) fn later(&mut self) -> Option<&mut QueryBuilder<Sqlite>> {
        match self {
            Self::Reading(_) => None,
            Self::Writing(member) => Some(member.later()),
        }
    }
}
