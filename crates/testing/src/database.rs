//! A fresh database for each test, on SQLite and on PostgreSQL.

use std::{
    collections::BTreeMap,
    future::Future,
    panic,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use promptsync_core::seal::key_version;
use promptsync_store::{
    Db, Pools,
    reseal::{COLUMNS, Column},
};
use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection, QueryBuilder, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tempfile::TempDir;

use crate::keyring;

/// The variable that names a PostgreSQL database in which databases may be created:
/// `postgres://user@127.0.0.1:5433/postgres`.
pub const POSTGRES_VARIABLE: &str = "PROMPTSYNC_TEST_POSTGRES";

/// Whom tests connect as: the owner of the database and its tables, as in production, and no superuser, whom no wall
/// between workspaces would hold.
const ROLE: &str = "promptsync_test";

/// A role that may read and write tables and owns none, for tests of what
/// such a role may do. The role of the tests may become it.
pub const APPLICATION_ROLE: &str = "promptsync_application_test";

/// A migrated database that every test's own is copied from.
const TEMPLATE: &str = "promptsync_walled_template";

static NEXT: AtomicU32 = AtomicU32::new(0);

/// Any number that only this crate locks.
const TEMPLATE_LOCK: i64 = 7_979_001;

/// Writes a test that runs on both databases, as `<name>::sqlite` and `<name>::postgres`.
///
/// The second does nothing, and says so, when `PROMPTSYNC_TEST_POSTGRES` is not set.
#[macro_export]
macro_rules! db_test {
    ($($(#[$attribute:meta])* async fn $name:ident($db:ident: &Db) $body:block)+) => { $(
        $(#[$attribute])*
        #[cfg(test)]
        mod $name {
            #[allow(unused_imports, clippy::allow_attributes, reason = "a test may use nothing of its file")]
            use super::*;

            async fn claim(database: $crate::database::Database) {
                let $db = &database;
                $body
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                $crate::database::on_sqlite(claim).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                $crate::database::on_postgres(claim).await;
            }
        }
    )+ };
}

/// The database a test gets: shorthand for macros.
pub type Database = Db;

/// Runs a test on a new SQLite file.
pub async fn on_sqlite<F: Future<Output = ()> + Send + 'static>(claim: impl FnOnce(Db) -> F) {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let db =
        Db::open_sqlite(&folder.path().join("test.db"), keyring()).await.expect("a new SQLite file opens");
    run(claim(db.clone())).await;
    db.close().await;
}

/// Runs a test on a new PostgreSQL database, which is dropped afterwards.
pub async fn on_postgres<F: Future<Output = ()> + Send + 'static>(claim: impl FnOnce(Db) -> F) {
    let Some(maintenance) = maintenance_url() else {
        #[expect(clippy::print_stderr, reason = "a test that did not run must say so")]
        {
            eprintln!("SKIPPED on PostgreSQL: {POSTGRES_VARIABLE} is not set");
        }
        return;
    };
    let name = format!("promptsync_test_{}_{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let mut connection = PgConnection::connect(&maintenance).await.expect("PostgreSQL answers");
    prepare_template(&mut connection, &maintenance).await;
    statement(&mut connection, &["CREATE DATABASE ", &name, " TEMPLATE ", TEMPLATE, " OWNER ", ROLE]).await;
    let url = as_role(&with_database(&maintenance, &name));
    let db = Db::open_postgres(&url, keyring()).await.expect("the copy opens");
    let outcome = tokio::spawn(claim(db.clone())).await;
    db.close().await;
    statement(&mut connection, &["DROP DATABASE ", &name, " WITH (FORCE)"]).await;
    connection.close().await.expect("the connection ends");
    if let Err(failure) = outcome {
        panic::resume_unwind(failure.into_panic());
    }
}

/// Runs a claim as a task of its own, so that its database can be closed when it fails.
async fn run(claim: impl Future<Output = ()> + Send + 'static) {
    if let Err(failure) = tokio::spawn(claim).await {
        panic::resume_unwind(failure.into_panic());
    }
}

/// Makes the template once a cluster, however many tests and processes start at the same moment.
async fn prepare_template(connection: &mut PgConnection, maintenance: &str) {
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(TEMPLATE_LOCK)
        .execute(&mut *connection)
        .await
        .expect("the lock is given");
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)")
        .bind(TEMPLATE)
        .fetch_one(&mut *connection)
        .await
        .expect("databases can be listed");
    if !exists {
        let draft = format!("{TEMPLATE}_draft");
        statement(connection, &["DROP DATABASE IF EXISTS ", &draft, " WITH (FORCE)"]).await;
        for role in [ROLE, APPLICATION_ROLE] {
            let known: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1)")
                .bind(role)
                .fetch_one(&mut *connection)
                .await
                .expect("roles can be listed");
            if !known {
                let create = ["CREATE ROLE ", role, " LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '", role, "'"];
                statement(connection, &create).await;
            }
        }
        statement(connection, &["GRANT ", APPLICATION_ROLE, " TO ", ROLE]).await;
        statement(connection, &["CREATE DATABASE ", &draft, " OWNER ", ROLE]).await;
        let url = as_role(&with_database(maintenance, &draft));
        let db = Db::open_postgres(&url, keyring()).await.expect("a new database opens");
        db.close().await;
        statement(connection, &["ALTER DATABASE ", &draft, " RENAME TO ", TEMPLATE]).await;
    }
    sqlx::query("SELECT pg_advisory_unlock($1)")
        .bind(TEMPLATE_LOCK)
        .execute(&mut *connection)
        .await
        .expect("the lock is returned");
}

pub(crate) async fn statement(connection: &mut PgConnection, parts: &[&str]) {
    let mut query = QueryBuilder::new("");
    for part in parts {
        query.push(part);
    }
    query.build().persistent(false).execute(connection).await.expect("databases can be created and dropped");
}

/// The same server, another database.
pub(crate) fn with_database(url: &str, name: &str) -> String {
    let (address, parameters) =
        url.split_once('?').map_or((url, String::new()), |(address, rest)| (address, format!("?{rest}")));
    let server = address.rsplit_once('/').map_or(address, |(server, _)| server);
    format!("{server}/{name}{parameters}")
}

/// The same database as the role of the tests.
fn as_role(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").expect("an address has a scheme");
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{ROLE}:{ROLE}@{host}/{path}")
}

/// The address of the cluster, for a superuser; none when tests have no PostgreSQL.
#[expect(clippy::disallowed_methods, reason = "tests have no configuration that could read the environment")]
pub fn maintenance_url() -> Option<String> {
    std::env::var(POSTGRES_VARIABLE).ok()
}

/// The address of a test's PostgreSQL database, for other processes.
pub fn url_of(db: &Db) -> String {
    let Pools::Postgres(pool) = db.pools() else { panic!("SQLite has no address") };
    let url = pool.connect_options().to_url_lossy().to_string();
    url.split('?').next().unwrap_or_default().to_owned()
}

/// The same PostgreSQL database with connections of its own, as another server has it; the same value on SQLite.
pub async fn again(db: &Db) -> Db {
    match db.pools() {
        Pools::Sqlite { .. } => db.clone(),
        Pools::Postgres(pool) => {
            let url = pool.connect_options().to_url_lossy();
            Db::open_postgres(url.as_str(), keyring()).await.expect("the database opens once more")
        }
    }
}

/// Ends the connections of PostgreSQL that call themselves so.
pub async fn end_connections(db: &Db, name: &str) {
    if let Pools::Postgres(pool) = db.pools() {
        sqlx::query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE application_name = $1 AND datname = current_database()",
        )
        .bind(name)
        .execute(pool)
        .await
        .expect("a role may end its own connections");
    }
}

/// Every byte the database keeps: SQLite's files, or what `pg_dump` writes.
pub async fn bytes_of(db: &Db) -> Vec<u8> {
    match db.pools() {
        Pools::Sqlite { writer, .. } => {
            let file: String =
                sqlx::query_scalar("SELECT file FROM pragma_database_list WHERE name = 'main'")
                    .fetch_one(writer)
                    .await
                    .expect("SQLite knows its file");
            let mut bytes = Vec::new();
            for end in ["", "-wal", "-shm"] {
                bytes.extend(std::fs::read(format!("{file}{end}")).unwrap_or_default());
            }
            bytes
        }
        Pools::Postgres(_) => {
            let url = &url_of(db);
            let out = process::Command::new(pg_dump())
                // The wall between workspaces holds the owner of the tables too; this setting stands for all of them.
                .env("PGOPTIONS", "-c promptsync.workspace=*")
                .args(["--enable-row-security", url])
                .output()
                .expect("pg_dump runs");
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
            out.stdout
        }
    }
}

/// The newest `pg_dump` of Debian's folders, else the one on the path.
fn pg_dump() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = folders.map(|folder| folder.path().join("bin/pg_dump")).collect();
    found.retain(|path| path.is_file());
    found.sort();
    found.pop().unwrap_or_else(|| "pg_dump".into())
}

/// How many values of an SQLite file are sealed under which version of their workspace's data key.
pub async fn key_versions(file: &Path) -> BTreeMap<u32, u64> {
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("the file opens");
    let mut counts = BTreeMap::new();
    for Column { table, column, .. } in COLUMNS {
        let mut query = QueryBuilder::<sqlx::Sqlite>::new("SELECT ");
        query.push(column).push(" FROM ").push(table).push(" WHERE length(").push(column).push(") > 0");
        let sealed: Vec<Vec<u8>> =
            query.build_query_scalar().fetch_all(&mut connection).await.expect("values can be read");
        for sealed in sealed {
            *counts.entry(key_version(&sealed).expect("a sealed value")).or_default() += 1;
        }
    }
    counts
}

/// Drops a table of an SQLite file under the server that uses it: from now on it fails.
pub async fn drop_table(file: &Path, table: &str) {
    let options = SqliteConnectOptions::new().filename(file).foreign_keys(false);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("the file opens");
    let mut query = QueryBuilder::<sqlx::Sqlite>::new("DROP TABLE ");
    query.push(table).build().execute(&mut connection).await.expect("the table goes");
    connection.close().await.expect("the connection ends");
}

/// Writes rows into a new SQLite file as fast as it takes them, each committed and then told, with
/// `synchronous=NORMAL`: what a power cut takes back.
pub async fn write_rows_unsynchronised(file: &Path, count: i64, mut tell: impl FnMut(i64)) {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("the file opens");
    let created = sqlx::query("CREATE TABLE rows (number BIGINT)").execute(&mut connection).await;
    created.expect("a table can be made");
    for number in 1..=count {
        let written = sqlx::query("INSERT INTO rows VALUES ($1)").bind(number).execute(&mut connection).await;
        written.expect("a row can be written");
        tell(number);
    }
}

/// The rows of an SQLite file that [`write_rows_unsynchronised`] wrote, as far as it has any.
pub async fn count_rows(file: &Path) -> i64 {
    let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("the file opens");
    sqlx::query_scalar("SELECT count(*) FROM rows").fetch_one(&mut connection).await.unwrap_or(0)
}

/// Makes a table in a PostgreSQL database, for [`write_rows`].
pub async fn create_rows(url: &str) {
    let mut connection = PgConnection::connect(url).await.expect("PostgreSQL answers");
    let created = sqlx::query("CREATE TABLE rows (number BIGINT)").execute(&mut connection).await;
    created.expect("a table can be made");
}

/// Writes rows into a PostgreSQL database, each committed and then told.
pub async fn write_rows(url: &str, count: i64, mut tell: impl FnMut(i64)) {
    let mut connection = PgConnection::connect(url).await.expect("PostgreSQL answers");
    for number in 1..=count {
        let written = sqlx::query("INSERT INTO rows VALUES ($1)").bind(number).execute(&mut connection).await;
        written.expect("a row can be written");
        tell(number);
    }
}

/// The rows that [`write_rows`] wrote.
pub async fn count_postgres_rows(url: &str) -> i64 {
    let mut connection = PgConnection::connect(url).await.expect("PostgreSQL answers");
    sqlx::query_scalar("SELECT count(*) FROM rows").fetch_one(&mut connection).await.unwrap_or(0)
}
