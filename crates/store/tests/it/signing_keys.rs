use promptsync_core::{
    ids::WorkspaceId,
    seal::{self, MasterKey, Place},
    signing::{KeyLink, KeyRing, PrivateKey},
    time::Clock as _,
};
use promptsync_store::{Db, StoreError, reseal, signing_keys};
use promptsync_testing::{
    Sample, db_test,
    keyring::{keyring, master},
};

use crate::raw;

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from_seed(&[seed; 32])
}

/// Three keys of a workspace, each signed by the one before.
async fn three(db: &Db, sample: &Sample) -> Vec<KeyLink> {
    let now = sample.clock.now();
    let first = KeyLink::first(sample.workspace.as_str(), &key(1), now);
    let second = first.next(&key(1), &key(2), now);
    let third = second.next(&key(2), &key(3), now);
    let links = vec![first, second, third];
    let mut tx = db.begin_write(&sample.workspace).await.unwrap();
    for (seed, link) in (1..).zip(&links) {
        signing_keys::insert(&mut tx, &sample.workspace, link, &key(seed)).await.unwrap();
    }
    sample.commit(tx, "signing_key.rotate").await.unwrap();
    links
}

db_test! {
    async fn keys_are_read_back_as_the_chain_they_are(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut tx = db.begin_read(&sample.workspace).await.unwrap();
        assert_eq!(signing_keys::newest(&mut tx, &sample.workspace).await.unwrap(), None);
        drop(tx);

        let links = three(db, &sample).await;
        let mut tx = db.begin_read(&sample.workspace).await.unwrap();
        let found = signing_keys::chain(&mut tx, &sample.workspace).await.unwrap();
        assert_eq!(found, links);
        assert!(KeyRing::unpinned(&found).is_ok());
        let newest = signing_keys::newest(&mut tx, &sample.workspace).await.unwrap().unwrap();
        assert_eq!(newest, links[2]);
        let private = signing_keys::private_key(&mut tx, &sample.workspace, &newest).await.unwrap();
        assert_eq!(private.seed(), key(3).seed());
        assert_eq!(signing_keys::chain(&mut tx, &WorkspaceId::new("other")).await.unwrap(), []);
    }

    async fn the_private_halves_of_replaced_keys_are_forgotten(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let links = three(db, &sample).await;
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        signing_keys::forget_private_before(&mut tx, &sample.workspace, 3).await.unwrap();
        sample.commit(tx, "signing_key.rotate").await.unwrap();
        let kept = "SELECT CAST(sequence AS TEXT) FROM signing_keys WHERE private_key_sealed IS NOT NULL";
        assert_eq!(raw::strings(db, kept).await, ["3"]);
        let mut tx = db.begin_read(&sample.workspace).await.unwrap();
        let gone = signing_keys::private_key(&mut tx, &sample.workspace, &links[0]).await;
        assert!(matches!(gone, Err(StoreError::NotFound { what: "signing key" })), "{gone:?}");
    }

    async fn a_private_half_of_another_key_is_not_taken(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let link = KeyLink::first(sample.workspace.as_str(), &key(1), sample.clock.now());
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        signing_keys::insert(&mut tx, &sample.workspace, &link, &key(9)).await.unwrap();
        let wrong = signing_keys::private_key(&mut tx, &sample.workspace, &link).await;
        assert!(matches!(wrong, Err(StoreError::Corrupt { .. })), "{wrong:?}");
    }

    async fn two_keys_cannot_have_one_place(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        three(db, &sample).await;
        let other = KeyLink::first(sample.workspace.as_str(), &key(9), sample.clock.now());
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        let refused = signing_keys::insert(&mut tx, &sample.workspace, &other, &key(9)).await;
        assert!(matches!(refused, Err(StoreError::Unique(_))), "{refused:?}");
    }
}

/// What the last change of a process read is taken for granted by its next one, unless anybody wrote in between.
#[tokio::test(flavor = "multi_thread")]
async fn keys_that_another_process_changed_are_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let here = Db::open_sqlite(&path, keyring()).await.unwrap();
    let sample = Sample::new(&here).await.unwrap();
    let there = Db::open_sqlite(&path, keyring()).await.unwrap();
    let other = MasterKey::from_bytes(&[0xc0; 32]);
    here.keyring().replace(vec![master(), other.clone()]);
    there.keyring().replace(vec![other, master()]);
    let workspace = &sample.workspace;
    let first = KeyLink::first(workspace.as_str(), &key(1), sample.clock.now());
    let mut tx = here.begin_write(workspace).await.unwrap();
    signing_keys::insert(&mut tx, workspace, &first, &key(1)).await.unwrap();
    sample.commit(tx, "signing_key.create").await.unwrap();

    let used = async |db: &Db, place: &str| {
        let mut tx = db.begin_write(workspace).await.unwrap();
        tx.revision(workspace).await.unwrap();
        let newest = signing_keys::newest(&mut tx, workspace).await.unwrap().unwrap();
        let place =
            Place { workspace: workspace.as_str(), table: "connectors", column: "sealed", row: place };
        let sealed = tx.seal(&place, b"a value").await.unwrap();
        sample.commit(tx, "test.use").await.unwrap();
        (newest.statement.sequence, seal::key_version(&sealed).unwrap())
    };
    assert_eq!(used(&here, "a").await, (1, 1));
    assert_eq!(used(&here, "b").await, (1, 1));

    let mut tx = there.begin_write(workspace).await.unwrap();
    tx.revision(workspace).await.unwrap();
    let second = first.next(&key(1), &key(2), sample.clock.now());
    signing_keys::insert(&mut tx, workspace, &second, &key(2)).await.unwrap();
    assert!(reseal::rotate(&mut tx, workspace).await.unwrap());
    sample.commit(tx, "keys.rotate").await.unwrap();

    assert_eq!(used(&here, "c").await, (2, 2));
    // A change that comes to nothing leaves nothing to take for granted either.
    let mut tx = here.begin_write(workspace).await.unwrap();
    tx.revision(workspace).await.unwrap();
    let third = second.next(&key(2), &key(3), sample.clock.now());
    signing_keys::insert(&mut tx, workspace, &third, &key(3)).await.unwrap();
    assert_eq!(signing_keys::newest(&mut tx, workspace).await.unwrap().unwrap().statement.sequence, 3);
    drop(tx);
    assert_eq!(used(&here, "d").await, (2, 2));
}
