use std::sync::Arc;

use promptsync_core::{
    ids::WorkspaceId,
    seal::{self, MasterKey, Place},
};
use promptsync_store::{Db, Keyring, StoreError, data_keys};
use promptsync_testing::{Sample, db_test, keyring};

fn place<'a>(workspace: &'a WorkspaceId, row: &'a str) -> Place<'a> {
    Place { workspace: workspace.as_str(), table: "connectors", column: "sealed", row }
}

db_test! {
    async fn a_sealed_value_opens_in_this_and_in_later_transactions(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let place = place(&sample.workspace, "c1");
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        let sealed = tx.seal(&place, b"a token").await.unwrap();
        assert!(!sealed.windows(7).any(|part| part == b"a token"));
        assert_eq!(tx.open(&place, &sealed).await.unwrap(), b"a token");
        assert_ne!(tx.seal(&place, b"a token").await.unwrap(), sealed, "no two are alike");
        sample.commit(tx, "connector.create").await.unwrap();
        for _ in 0..2 {
            let mut tx = db.begin_read(&sample.workspace).await.unwrap();
            assert_eq!(tx.open(&place, &sealed).await.unwrap(), b"a token");
        }
    }

    async fn a_value_does_not_open_elsewhere_and_the_place_is_named(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        let sealed = tx.seal(&place(&sample.workspace, "c1"), b"a token").await.unwrap();
        let answer = tx.open(&place(&sample.workspace, "c2"), &sealed).await;
        let Err(StoreError::Sealed { table: "connectors", column: "sealed", row, .. }) = answer else {
            panic!("{answer:?}")
        };
        assert_eq!(row, "c2");
        let answer = tx.open(&place(&sample.workspace, "c1"), &sealed[..20]).await;
        assert!(matches!(answer, Err(StoreError::Sealed { .. })), "{answer:?}");
    }

    async fn a_key_made_by_a_change_that_failed_is_nobodys(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let place = place(&sample.workspace, "c1");
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        let lost = tx.seal(&place, b"a token").await.unwrap();
        tx.open(&place, &lost).await.unwrap();
        drop(tx);
        let mut tx = db.begin_read(&sample.workspace).await.unwrap();
        let answer = tx.open(&place, &lost).await;
        assert!(matches!(answer, Err(StoreError::NoDataKey { version: 1, .. })), "{answer:?}");
        drop(tx);
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        let sealed = tx.seal(&place, b"a token").await.unwrap();
        sample.commit(tx, "connector.create").await.unwrap();
        let mut tx = db.begin_read(&sample.workspace).await.unwrap();
        assert_eq!(seal::key_version(&sealed), seal::key_version(&lost));
        assert_eq!(tx.open(&place, &sealed).await.unwrap(), b"a token");
        assert!(tx.open(&place, &lost).await.is_err());
    }

    async fn every_workspace_has_its_own_key(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let other = WorkspaceId::new("other");
        let mut tx = db.begin_system_write().await.unwrap();
        let row = promptsync_store::workspaces::Workspace {
            id: other.clone(), name: promptsync_core::names::WorkspaceName::parse("other").unwrap(), created_at: promptsync_core::time::Clock::now(&sample.clock),
        };
        promptsync_store::workspaces::insert(&mut tx, &row).await.unwrap();
        let theirs = tx.seal(&place(&other, "c1"), b"a token").await.unwrap();
        tx.commit(&other, sample.entry("connector.create")).await.unwrap();
        let mut tx = db.begin_system_write().await.unwrap();
        let ours = tx.seal(&place(&sample.workspace, "c1"), b"a token").await.unwrap();
        sample.commit(tx, "connector.create").await.unwrap();
        let mut tx = db.begin_system_read().await.unwrap();
        assert_eq!(tx.open(&place(&other, "c1"), &theirs).await.unwrap(), b"a token");
        assert!(tx.open(&place(&other, "c1"), &ours).await.is_err());
        assert!(tx.open(&place(&sample.workspace, "c1"), &theirs).await.is_err());
        let first = data_keys::get(&mut tx, "other", 1).await.unwrap().unwrap();
        let second = data_keys::get(&mut tx, sample.workspace.as_str(), 1).await.unwrap().unwrap();
        assert_ne!(first.sealed, second.sealed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_does_not_open_with_another_master_key_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let db = Db::open_sqlite(&path, keyring()).await.unwrap();
    let sample = Sample::new(&db).await.unwrap();
    let mut tx = db.begin_write(&sample.workspace).await.unwrap();
    let sealed = tx.seal(&place(&sample.workspace, "c1"), b"a token").await.unwrap();
    sample.commit(tx, "connector.create").await.unwrap();
    db.close().await;

    let before = std::fs::read(&path).unwrap();
    let other = MasterKey::from_bytes(&[1; 32]);
    for masters in [vec![], vec![other]] {
        let answer = Db::open_sqlite(&path, Keyring::new(masters, Arc::new(|_: &mut [u8]| ()))).await;
        assert!(matches!(answer, Err(StoreError::UnknownMasterKey { .. })), "{answer:?}");
    }
    assert!(std::fs::read(&path).unwrap() == before, "nothing was written");
    let db = Db::open_sqlite(&path, keyring()).await.unwrap();
    let mut tx = db.begin_read(&sample.workspace).await.unwrap();
    assert_eq!(tx.open(&place(&sample.workspace, "c1"), &sealed).await.unwrap(), b"a token");
}
