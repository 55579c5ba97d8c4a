use promptsync_core::{
    audit::{
        genesis,
        statements::{Checkpoint, CheckpointStatement},
    },
    signing::PrivateKey,
    time::Clock as _,
};
use promptsync_store::{Db, Pools, StoreError, audit, checkpoints};
use promptsync_testing::{Sample, db_test};

use crate::raw;

/// A signed end of the chain as it is now.
async fn sign(db: &Db, sample: &Sample) -> Checkpoint {
    let mut tx = db.begin_write(&sample.workspace).await.unwrap();
    checkpoints::hold(&mut tx, &sample.workspace).await.unwrap();
    let head = audit::head(&mut tx, &sample.workspace).await.unwrap();
    let before = checkpoints::newest(&mut tx, &sample.workspace).await.unwrap();
    let statement = CheckpointStatement {
        at: sample.clock.now(),
        hash: head.hash,
        previous: before.map_or_else(genesis, |before| before.statement.id()),
        revision: head.revision,
        workspace: sample.workspace.to_string(),
    };
    let signed = PrivateKey::from_seed(&[1; 32]).sign(statement);
    checkpoints::append(tx, &sample.workspace, std::slice::from_ref(&signed)).await.unwrap();
    signed
}

db_test! {
    async fn a_checkpoint_reads_back_as_it_was_signed_and_never_changes(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        let first = sign(db, &sample).await;
        let tx = db.begin_system_write().await.unwrap();
        sample.commit(tx, "test.change").await.unwrap();
        let second = sign(db, &sample).await;
        assert_eq!(second.statement.previous, first.statement.id());
        let key = PrivateKey::from_seed(&[1; 32]).public();
        let mut tx = db.begin_read(&sample.workspace).await.unwrap();
        let all = checkpoints::between(&mut tx, &sample.workspace, 0, 2).await.unwrap();
        assert_eq!(all, [first.clone(), second.clone()]);
        for signed in &all {
            key.verify(&signed.statement, &signed.signature).unwrap();
        }
        assert_eq!(checkpoints::between(&mut tx, &sample.workspace, 1, 2).await.unwrap(), [second.clone()]);
        assert_eq!(checkpoints::newest(&mut tx, &sample.workspace).await.unwrap(), Some(second));
        drop(tx);
        for sql in ["UPDATE audit_checkpoints SET hash = hash", "DELETE FROM audit_checkpoints"] {
            let answer = raw::execute(db, sql).await;
            assert!(matches!(answer, Err(StoreError::Immutable(_))), "{sql}: {answer:?}");
        }
    }

    async fn a_row_that_cannot_be_read_is_named_and_keeps_no_other_from_being_read(db: &Db) {
        let sample = Sample::new(db).await.unwrap();
        for _ in 0..4 {
            let tx = db.begin_system_write().await.unwrap();
            sample.commit(tx, "test.change").await.unwrap();
        }
        let mut tx = db.begin_read(&sample.workspace).await.unwrap();
        let all = audit::readable_since(&mut tx, &sample.workspace, 1, 2).await.unwrap();
        assert!(all.iter().map(|(revision, row)| (*revision, row.is_ok())).eq([(2, true), (3, true)]));
        let third = audit::since(&mut tx, &sample.workspace, 2, 1).await.unwrap().remove(0).hash;
        assert_eq!(audit::hash_at(&mut tx, &sample.workspace, 3).await.unwrap(), Some(third));
        assert_eq!(audit::hash_at(&mut tx, &sample.workspace, 6).await.unwrap(), None);
        drop(tx);
        let drop_trigger = match db.pools() {
            Pools::Sqlite { .. } => "DROP TRIGGER audit_log_refuse_update",
            Pools::Postgres(_) => "ALTER TABLE audit_log DISABLE TRIGGER USER",
        };
        raw::execute(db, drop_trigger).await.unwrap();
        raw::execute(db, "UPDATE audit_log SET parent = 'sha256:x' WHERE revision = 3").await.unwrap();
        let mut tx = db.begin_read(&sample.workspace).await.unwrap();
        let all = audit::readable_since(&mut tx, &sample.workspace, 0, 100).await.unwrap();
        let read: Vec<_> = all.iter().map(|(revision, row)| (*revision, row.is_ok())).collect();
        assert_eq!(read, [(1, true), (2, true), (3, false)]);
    }
}
