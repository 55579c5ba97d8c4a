//! Opening a database: settings that keep acknowledged changes through a power cut, checked, and the tables.

use std::{
    path::Path,
    str::FromStr as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::{
    PgPool, SqlitePool,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{
    conn::{Db, Pools},
    error::{Result, StoreError},
    keyring::Keyring,
    reach::Reach,
    walls,
};

static COMMON: Migrator = sqlx::migrate!("./migrations");
static SQLITE: Migrator = sqlx::migrate!("./migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("./migrations/postgres");

/// How long a request waits for a connection, and a statement for another process's lock.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Connections that read from SQLite. Each has a thread and a page cache; the warm path reads from memory.
const SQLITE_READERS: u32 = 4;

/// Connections to PostgreSQL, of the 100 it allows by default to everybody.
const POSTGRES_CONNECTIONS: u32 = 16;

impl Db {
    /// Opens an SQLite file, creating it when it does not exist, and brings its tables up to date. Refuses one that is
    /// sealed under a master key that is not on the keyring, before anything is written.
    pub async fn open_sqlite(path: &Path, keyring: Keyring) -> Result<Self> {
        let options = sqlite_options().filename(path).create_if_missing(true);
        let writer = sqlite_pool(1).connect_with(options.clone().pragma("cache_size", "-2000")).await?;
        prepare_sqlite(&writer, &keyring).await?;
        let reader = sqlite_pool(SQLITE_READERS)
            .connect_lazy_with(options.create_if_missing(false).pragma("query_only", "ON"));
        Ok(Self::of(Pools::Sqlite { writer, reader }, keyring, true))
    }

    /// A new SQLite database that lives in memory, for tests. It has one connection: a transaction waits until the
    /// one before has ended.
    pub async fn in_memory(keyring: Keyring) -> Result<Self> {
        let writer = sqlite_pool(1).connect_with(sqlite_options().in_memory(true)).await?;
        prepare_sqlite(&writer, &keyring).await?;
        Ok(Self::of(Pools::Sqlite { reader: writer.clone(), writer }, keyring, true))
    }

    /// Connects to a PostgreSQL database and brings its tables up to date. Refuses one that may lose acknowledged
    /// changes, and one that is sealed under a master key that is not on the keyring.
    pub async fn open_postgres(url: &str, keyring: Keyring) -> Result<Self> {
        let db = Self::postgres_at(url, keyring)?;
        db.prepare().await?;
        Ok(db)
    }

    /// A PostgreSQL database that nobody has connected to yet; [`Db::prepare`] does.
    pub fn postgres_at(url: &str, keyring: Keyring) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)?.application_name("promptsync");
        let reach = Arc::new(Reach::default());
        let doubtful = Arc::clone(&reach);
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(PATIENCE)
            // A statement of it may wait for an answer that never comes.
            .after_release(move |_, _| {
                let is_good = !doubtful.is_away();
                Box::pin(async move { Ok(is_good) })
            })
            .connect_lazy_with(options);
        Ok(Self { reach, ..Self::of(Pools::Postgres(pool), keyring, false) })
    }

    /// Brings the tables of a PostgreSQL database up to date, as [`Db::open_postgres`] does. Nothing happens when that
    /// was done.
    pub async fn prepare(&self) -> Result<()> {
        let Pools::Postgres(pool) = &self.pools else { return Ok(()) };
        if self.is_prepared() {
            return Ok(());
        }
        refuse_lossy_settings(pool).await?;
        let known: bool =
            sqlx::query_scalar("SELECT to_regclass('data_keys') IS NOT NULL").fetch_one(pool).await?;
        if known {
            let mut everywhere = walls::begin_everywhere(pool).await?;
            self.keyring.check(&sqlx::query_scalar(MASTERS).fetch_all(&mut *everywhere).await?)?;
        }
        merged(&POSTGRES).run(pool).await?;
        self.is_prepared.store(true, Ordering::Release);
        Ok(())
    }

    fn of(pools: Pools, keyring: Keyring, is_prepared: bool) -> Self {
        Self {
            pools,
            queue: Arc::default(),
            keyring: Arc::new(keyring),
            reach: Arc::default(),
            is_prepared: Arc::new(AtomicBool::new(is_prepared)),
        }
    }
}

/// The master keys that a database needs; asked before its tables are brought up to date.
const MASTERS: &str = "SELECT DISTINCT master_id FROM data_keys";

/// One connection kept open for ever: closing the last one would fold the write-ahead log, and forget the database
/// altogether when it is in memory.
fn sqlite_pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

fn sqlite_options() -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // Without it REPLACE deletes rows past the triggers that forbid deleting.
        .pragma("recursive_triggers", "ON")
        .busy_timeout(PATIENCE)
        .pragma("cache_size", "-512")
}

/// The settings are read back, because SQLite ignores a pragma that it does not like.
async fn prepare_sqlite(pool: &SqlitePool, keyring: &Keyring) -> Result<()> {
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(pool).await?;
    if !matches!(journal.as_str(), "wal" | "memory") {
        return Err(StoreError::NotDurable { setting: "journal_mode", value: journal });
    }
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(pool).await?;
    if synchronous != 2 {
        return Err(StoreError::NotDurable { setting: "synchronous", value: synchronous.to_string() });
    }
    let known: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'data_keys')")
            .fetch_one(pool)
            .await?;
    if known {
        keyring.check(&sqlx::query_scalar(MASTERS).fetch_all(pool).await?)?;
    }
    merged(&SQLITE).run(pool).await?;
    Ok(())
}

async fn refuse_lossy_settings(pool: &PgPool) -> Result<()> {
    let (fsync, full_page_writes, synchronous_commit): (String, String, String) = sqlx::query_as(
        "SELECT current_setting('fsync'), current_setting('full_page_writes'),
                current_setting('synchronous_commit')",
    )
    .fetch_one(pool)
    .await?;
    for (setting, value) in
        [("fsync", fsync), ("full_page_writes", full_page_writes), ("synchronous_commit", synchronous_commit)]
    {
        if value == "off" {
            return Err(StoreError::NotDurable { setting, value });
        }
    }
    Ok(())
}

/// The migrations both databases share and those of one, in the order of their numbers.
fn merged(own: &Migrator) -> Migrator {
    let mut migrations: Vec<_> = COMMON.iter().chain(own.iter()).cloned().collect();
    migrations.sort_by_key(|migration| migration.version);
    Migrator { migrations: migrations.into(), ..Migrator::DEFAULT }
}
