use std::sync::Arc;

use promptsync_core::seal::MasterKey;
use promptsync_store::{
    Keyring, OnUnique as _, StoreError,
    data_keys::{self, SealedKey},
};
use promptsync_testing::{Sample, db_test, keyring::master};

fn a_key(version: u32) -> SealedKey {
    SealedKey { version, master: MasterKey::from_bytes(&[1; 32]).id(), sealed: vec![7; 60] }
}

#[test]
fn a_keyring_seals_with_the_key_there_is_now_and_keeps_its_own_when_there_is_none() {
    let (old, new) = (MasterKey::from_bytes(&[1; 32]), MasterKey::from_bytes(&[2; 32]));
    let made = |masters: Vec<MasterKey>| {
        Keyring::new(vec![old.clone()], Arc::new(|_| ())).reloading(move || masters.clone())
    };
    assert_eq!(made(vec![new.clone()]).current().unwrap().id(), new.id());
    assert_eq!(made(Vec::new()).current().unwrap().id(), old.id());
    assert!(matches!(Keyring::new(Vec::new(), Arc::new(|_| ())).current(), Err(StoreError::NoMasterKey)));
}

db_test! {
    async fn the_newest_key_is_active_until_the_others_are_deleted(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut tx = db.begin_system_write().await.unwrap();
        assert_eq!(data_keys::active(&mut tx, &sample.workspace).await.unwrap(), None);
        for version in 1..=3 {
            data_keys::activate(&mut tx, &sample.workspace, &a_key(version)).await.unwrap();
        }
        assert_eq!(data_keys::active(&mut tx, &sample.workspace).await.unwrap(), Some(a_key(3)));
        assert_eq!(data_keys::get(&mut tx, sample.workspace.as_str(), 1).await.unwrap(), Some(a_key(1)));
        assert_eq!(data_keys::get(&mut tx, "another", 1).await.unwrap(), None);
        assert_eq!(data_keys::count(&mut tx, &sample.workspace).await.unwrap(), 3);
        assert_eq!(data_keys::masters(&mut tx).await.unwrap(), [a_key(1).master]);
        assert_eq!(data_keys::delete_inactive(&mut tx, &sample.workspace).await.unwrap(), 2);
        assert_eq!(data_keys::active(&mut tx, &sample.workspace).await.unwrap(), Some(a_key(3)));
    }

    async fn a_version_is_given_once(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut tx = db.begin_system_write().await.unwrap();
        data_keys::activate(&mut tx, &sample.workspace, &a_key(1)).await.unwrap();
        let answer = data_keys::activate(&mut tx, &sample.workspace, &a_key(1)).await;
        assert!(matches!(answer.on_unique(|| StoreError::BadCursor), Err(StoreError::BadCursor)));
    }

    async fn the_master_key_that_is_needed_is_named(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let mut tx = db.begin_system_write().await.unwrap();
        data_keys::activate(&mut tx, &sample.workspace, &a_key(1)).await.unwrap();
        let place = promptsync_core::seal::Place {
            workspace: sample.workspace.as_str(), table: "documents", column: "sealed", row: "x",
        };
        let answer = tx.seal(&place, b"value").await;
        let Err(StoreError::UnknownMasterKey { needed, given }) = answer else { panic!("{answer:?}") };
        assert_eq!((needed, given), (a_key(1).master, master().id()));
    }
}
