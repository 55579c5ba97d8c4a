use promptsync_core::digest::Digest;
use promptsync_store::{Db, Pools, aliases::Expected, backup};
use promptsync_testing::{Sample, db_test, keyring, sample::a_document};

db_test! {
    async fn aliases_and_documents_are_listed_in_order(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        sample.publish(db, &[("b", "1.0.0"), ("a", "1.0.0"), ("a", "1.1.0")]).await.unwrap();
        sample.set_alias(db, "stable", Expected::Absent, &[("b", "1.0.0"), ("a", "1.1.0")]).await.unwrap();
        let mut tx = db.begin_system_read().await.unwrap();
        let found: Vec<_> = backup::pointers(&mut tx).await.unwrap().into_iter()
            .map(|pointer| (pointer.project, pointer.alias, pointer.prompt, pointer.version)).collect();
        let expected = [("shop", "stable", "a", "1.1.0"), ("shop", "stable", "b", "1.0.0")]
            .map(|(project, alias, prompt, version)| (project.into(), alias.into(), prompt.into(), version.into()));
        assert_eq!(found, expected);
        let mut digests: Vec<Digest> = ["b 1.0.0", "a 1.0.0", "a 1.1.0"]
            .iter().map(|text| Digest::of(a_document(text).as_bytes())).collect();
        digests.sort();
        assert_eq!(backup::digests(&mut tx, &sample.workspace, "", 10).await.unwrap(), digests);
        let rest = backup::digests(&mut tx, &sample.workspace, digests[0].as_str(), 1).await.unwrap();
        assert_eq!(rest, digests[1..2]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_made_while_the_database_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("a.db"), folder.path().join("copy.db"));
    let db = Db::open_sqlite(&path, keyring()).await.unwrap();
    let sample = Sample::new(&db).await.unwrap();
    sample.publish(&db, &[("a", "1.0.0")]).await.unwrap();
    db.copy_to(&copy).await.unwrap();
    sample.publish(&db, &[("b", "1.0.0")]).await.unwrap();
    assert!(backup::is_in_use(&path).await.unwrap());
    let copied = Db::open_sqlite(&copy, keyring()).await.unwrap();
    let Pools::Sqlite { .. } = copied.pools() else { unreachable!("SQLite was opened") };
    let mut tx = copied.begin_read(&sample.workspace).await.unwrap();
    assert_eq!(backup::digests(&mut tx, &sample.workspace, "", 10).await.unwrap().len(), 1);
    drop(tx);
    copied.close().await;
    db.close().await;
    assert!(!backup::is_in_use(&path).await.unwrap());
}
