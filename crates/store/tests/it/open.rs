use promptsync_core::{digest::Digest, names::ProjectName, time::Clock as _};
use promptsync_store::{
    Db, Pools, StoreError,
    documents::{self, DocumentText},
    projects, workspaces,
};
use promptsync_testing::{Sample, db_test, keyring};
use sqlx::ConnectOptions as _;

use crate::raw;

#[tokio::test(flavor = "multi_thread")]
async fn every_connection_to_sqlite_keeps_what_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open_sqlite(&folder.path().join("a.db"), keyring()).await.unwrap();
    let Pools::Sqlite { writer, reader } = db.pools() else { unreachable!("SQLite was opened") };
    for pool in [writer, reader] {
        let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(pool).await.unwrap();
        let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(pool).await.unwrap();
        let foreign_keys: i64 = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(pool).await.unwrap();
        assert_eq!((journal.as_str(), synchronous, foreign_keys), ("wal", 2, 1));
    }
    let answer = sqlx::query("DELETE FROM meta").execute(reader).await;
    assert!(answer.is_err(), "the connections that read cannot write");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_opens_again_with_what_it_held() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let db = Db::open_sqlite(&path, keyring()).await.unwrap();
    let sample = Sample::new(&db).await.unwrap();
    db.close().await;
    let answer = db.begin_system_write().await.map(|_| ());
    assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    let db = Db::open_sqlite(&path, keyring()).await.unwrap();
    let mut tx = db.begin_system_read().await.unwrap();
    let shop = ProjectName::parse("shop").unwrap();
    assert!(projects::by_name(&mut tx, &sample.workspace, &shop).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    std::fs::write(&path, "this is not a database, however long the text may be ".repeat(100)).unwrap();
    assert!(Db::open_sqlite(&path, keyring()).await.is_err());
    assert!(Db::open_sqlite(&folder.path().join("no/such/folder/a.db"), keyring()).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open_sqlite(&folder.path().join("a.db"), keyring()).await.unwrap();
    let sample = Sample::new(&db).await.unwrap();
    let Pools::Sqlite { writer, .. } = db.pools() else { unreachable!("SQLite was opened") };
    // SQLite stops at this many pages as it does when the file system has no more.
    sqlx::query("PRAGMA max_page_count = 1").execute(writer).await.unwrap();
    let canonical = "x".repeat(1 << 20);
    let digest = Digest::of(canonical.as_bytes());
    let document = DocumentText { digest: &digest, canonical: &canonical };
    let mut tx = db.begin_system_write().await.unwrap();
    documents::insert_all(&mut tx, &sample.workspace, &[document], sample.clock.now()).await.unwrap();
    let answer = tx.settle().await;
    assert!(matches!(answer, Err(StoreError::Full(_))), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_in_memory_works_like_a_file() {
    let db = Db::in_memory(keyring()).await.unwrap();
    let sample = Sample::new(&db).await.unwrap();
    sample.publish(&db, &[("greeting", "1.0.0")]).await.unwrap();
    let mut tx = db.begin_system_read().await.unwrap();
    assert_eq!(workspaces::list(&mut tx).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_answer_is_unavailable() {
    let answer = Db::open_postgres("postgres://nobody@127.0.0.1:1/none", keyring()).await;
    assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
}

db_test! {
    async fn a_reader_sees_one_state_while_others_write(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut reader = db.begin_system_read().await.unwrap();
        assert_eq!(promptsync_store::prompts::names(&mut reader, &sample.project).await.unwrap().len(), 0);
        sample.publish(db, &[("greeting", "1.0.0")]).await.unwrap();
        assert_eq!(promptsync_store::prompts::names(&mut reader, &sample.project).await.unwrap().len(), 0);
        drop(reader);
        let mut reader = db.begin_system_read().await.unwrap();
        assert_eq!(promptsync_store::prompts::names(&mut reader, &sample.project).await.unwrap().len(), 1);
    }

    async fn a_postgres_that_may_lose_commits_is_refused(db: &Db) {
        let Pools::Postgres(pool) = db.pools() else { return };
        let url = pool.connect_options().to_url_lossy();
        let name = url.path().trim_start_matches('/').to_owned();
        raw::execute(db, &format!("ALTER DATABASE {name} SET synchronous_commit = off")).await.unwrap();
        let answer = Db::open_postgres(url.as_str(), keyring()).await;
        assert!(matches!(answer, Err(StoreError::NotDurable { setting: "synchronous_commit", .. })), "{answer:?}");
        raw::execute(db, &format!("ALTER DATABASE {name} SET synchronous_commit = local")).await.unwrap();
        assert!(Db::open_postgres(url.as_str(), keyring()).await.is_ok(), "written here before it is acknowledged is enough");
    }

    async fn a_text_that_postgres_cannot_hold_is_named(db: &Db) {
        let Pools::Postgres(_) = db.pools() else { return };
        let sample = Sample::new(db).await.unwrap();
        let mut entry = sample.entry("test.change");
        entry.reason = Some("nul \0 character".into());
        let tx = db.begin_system_write().await.unwrap();
        let answer = tx.commit(&sample.workspace, entry).await;
        assert!(matches!(answer, Err(StoreError::NulCharacter)), "{answer:?}");
    }
}
