use promptsync_core::{
    ids::WorkspaceId,
    signing::{KeyLink, KeyRing, PrivateKey},
    time::Clock as _,
};
use promptsync_store::{Db, StoreError, signing_keys};
use promptsync_testing::{Sample, db_test};

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
    for link in &links {
        let sealed = format!("sealed {}", link.statement.sequence);
        signing_keys::insert(&mut tx, &sample.workspace, link, sealed.as_bytes()).await.unwrap();
    }
    sample.commit(tx, "signing_key.rotate").await.unwrap();
    links
}

db_test! {
    async fn keys_are_read_back_as_the_chain_they_are(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut tx = db.begin_read(&sample.workspace).await.unwrap();
        assert_eq!(signing_keys::current(&mut tx, &sample.workspace).await.unwrap(), None);
        drop(tx);

        let links = three(db, &sample).await;
        let mut tx = db.begin_read(&sample.workspace).await.unwrap();
        let found = signing_keys::chain(&mut tx, &sample.workspace).await.unwrap();
        assert_eq!(found, links);
        assert!(KeyRing::unpinned(&found).is_ok());
        let current = signing_keys::current(&mut tx, &sample.workspace).await.unwrap().unwrap();
        assert_eq!((&current.link, current.sealed.as_slice()), (&links[2], &b"sealed 3"[..]));
        assert!(!format!("{current:?}").contains("sealed"));
        assert_eq!(signing_keys::chain(&mut tx, &WorkspaceId::new("other")).await.unwrap(), []);
    }

    async fn the_private_halves_of_replaced_keys_are_forgotten(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        three(db, &sample).await;
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        signing_keys::forget_private_before(&mut tx, &sample.workspace, 3).await.unwrap();
        sample.commit(tx, "signing_key.rotate").await.unwrap();
        let left = raw::strings(db, "SELECT CAST(LENGTH(private_key) AS TEXT) FROM signing_keys ORDER BY sequence").await;
        assert_eq!(left, ["0", "0", "8"]);
    }

    async fn two_keys_cannot_have_one_place(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        three(db, &sample).await;
        let other = KeyLink::first(sample.workspace.as_str(), &key(9), sample.clock.now());
        let mut tx = db.begin_write(&sample.workspace).await.unwrap();
        let refused = signing_keys::insert(&mut tx, &sample.workspace, &other, b"sealed").await;
        assert!(matches!(refused, Err(StoreError::Unique(_))), "{refused:?}");
    }
}
